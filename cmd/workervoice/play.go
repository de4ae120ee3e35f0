package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"

	"workervoice/cases"
	"workervoice/cmd/workervoice/simulate"
)

// address finds what is printed of an invitation.
var address = regexp.MustCompile(`http\S+`)

// play lets made-up workers and caseworkers use a running instance.
func play(ctx context.Context, c *config, fs *flag.FlagSet, args []string, in io.Reader, out io.Writer) error {
	sc := simulate.Config{Month: simulate.Shipped(), Report: out}
	fs.StringVar(&sc.To, "to", "", "address of the running instance; the one at -addr if empty")
	fs.IntVar(&sc.Days, "days", 30, "how many days of the month are played")
	fs.Float64Var(&sc.Speed, "speed", 0, "how many times faster than life; 0: as fast as the instance answers")
	fs.IntVar(&sc.At, "at-once", 16, "most sessions at a time")
	fs.Uint64Var(&sc.Seed, "seed", 1, "the same seed plays the same month")
	fs.StringVar(&sc.Staff.Login, "as", "supervisor", "name with which the invited supervisor signs in")
	fs.BoolVar(&sc.Demo, "demo", false, "fill an empty instance with one of everything instead, in some seconds")
	fs.StringVar(&sc.Staff.Invite, "invite", "", "address of an invitation of a supervisor, so that caseworkers are played too; one is made if the instance runs on this data folder")
	month := fs.String("month", "", "file with other figures of a month; - prints those that are shipped")
	if err := c.parse(fs, args); err != nil {
		return err
	}
	switch {
	case *month == "-":
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(sc.Month)
	case *month != "":
		b, err := os.ReadFile(*month)
		if err != nil {
			return fmt.Errorf("-month: %w", err)
		}
		if sc.Month, err = simulate.Parse(b); err != nil {
			return fmt.Errorf("-month: %w", err)
		}
	}
	if sc.Days < 1 || sc.At < 1 || sc.Speed < 0 {
		return errors.New("-days and -at-once must be above zero, and -speed not below")
	}
	if sc.To == "" {
		sc.To = "http://" + c.addr
	}
	if sc.Staff.Invite == "" {
		var said bytes.Buffer
		if _, err := ask(ctx, c.data, "invite", inviteOrder{Login: "demo", Role: string(cases.Supervisor), Org: string(home)}, &said); err == nil {
			sc.Staff = simulate.Staff{Invite: address.FindString(said.String()), Login: "demo"}
		}
	}
	f, err := simulate.Run(ctx, sc)
	if e := json.NewEncoder(out).Encode(f); err == nil {
		err = e
	}
	return err
}
