package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"workervoice/cases"
	"workervoice/store"
)

// An inviteOrder asks for a place for somebody in an organisation.
type inviteOrder struct {
	Login, Role  string
	Org, OrgName string
}

// invite makes an invitation to the console and prints its address. It asks the
// program that runs on the same data folder, and works by itself where none does.
func invite(ctx context.Context, c *config, fs *flag.FlagSet, args []string, _ io.Reader, out io.Writer) error {
	var o inviteOrder
	fs.StringVar(&o.Login, "as", "", "name with which the person will sign in, such as an e-mail address")
	fs.StringVar(&o.Role, "role", string(cases.Helper), "caseworker, supervisor, desk or partner")
	fs.StringVar(&o.Org, "of", string(home), "short name of the organisation, made if there is none such")
	fs.StringVar(&o.OrgName, "of-name", "", "what that organisation is called, if it is made now")
	if err := c.parse(fs, args); err != nil {
		return err
	}
	if o.Login == "" {
		return errors.New("say with -as how the person will sign in, such as -as nan@example.org")
	}
	return order(ctx, c, "invite", o, out, (*system).invite)
}

// invite carries out an order.
func (s *system) invite(ctx context.Context, o inviteOrder, out io.Writer) error {
	org := cases.OrgID(strings.ToLower(strings.TrimSpace(o.Org)))
	if err := s.organisation(ctx, org, o.OrgName); err != nil {
		return err
	}
	token, err := s.store.Invite(ctx, cases.Bot, cases.Person{Caseworker: cases.Caseworker{Org: org, Role: cases.Role(o.Role)}, Login: o.Login})
	if errors.Is(err, store.ErrDenied) {
		return fmt.Errorf("%q has an account in another organisation: choose another name to sign in with", o.Login)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "invitation %s/c/invite#%s\nsigns in as %s\nit works once, for 24 hours: give it to that person only\n", s.site(), token, o.Login)
	if s.public == "" {
		fmt.Fprintln(out, "give PUBLIC_URL for an address that others reach")
	}
	return nil
}

// organisation makes an organisation if there is none such.
func (s *system) organisation(ctx context.Context, id cases.OrgID, name string) error {
	_, err := s.store.Organisation(ctx, id)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	switch {
	case name != "":
	case id == home:
		name = s.org
	case id == cases.Independent:
		name = s.independent
	default:
		return fmt.Errorf("there is no organisation %q yet: say with -of-name what it is called", id)
	}
	return s.store.PutOrganisation(ctx, cases.Bot, cases.Organisation{ID: id, Name: name})
}

// first invites the first supervisor of an installation that has nobody yet.
func (s *system) first(ctx context.Context, out io.Writer) {
	staffed, err := s.store.Staffed(ctx, home)
	if err == nil && !staffed {
		fmt.Fprintf(out, "\nnobody has an account for the console yet; this is for the first supervisor:\n")
		err = s.invite(ctx, inviteOrder{Login: "supervisor", Role: string(cases.Supervisor), Org: string(home)}, out)
	}
	if err != nil {
		s.log.Error("the first supervisor could not be invited: run workervoice invite -as NAME -role supervisor", "err", err)
	}
}

// site is the address under which people open the console.
func (s *system) site() string {
	if s.public != "" {
		return s.public
	}
	return "http://" + s.addr
}
