package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"time"

	"workervoice/bot"
	"workervoice/cases"
	"workervoice/channels"
	"workervoice/channels/terminal"
	"workervoice/flows"
	"workervoice/store"
)

// chat is a conversation in the terminal.
func chat(ctx context.Context, c *config, fs *flag.FlagSet, args []string, in io.Reader, out io.Writer) error {
	user := fs.String("as", "developer", "name of the worker you play")
	if err := c.parse(fs, args); err != nil {
		return err
	}
	c.telegram.token, c.line.token, c.line.secret, c.whatsapp.token, c.whatsapp.secret = "", "", "", "", ""
	t := terminal.New("terminal", in, out, *user, time.Now)
	s, err := assemble(ctx, *c, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), t)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "Write what a worker would write; the number of a button presses it. Ctrl-D ends.")
	s.engine.Poll("terminal")
	err = s.engine.Run(ctx)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, s.Close())
}

// link makes a mobilizer's link, or lists those there are.
func link(ctx context.Context, c *config, fs *flag.FlagSet, args []string, _ io.Reader, out io.Writer) error {
	lang := fs.String("lang", "", "language in which the link begins: my, km, ne, th or en")
	name := fs.String("for", "", "what the mobilizer is called, for yourself; it is stored sealed")
	list := fs.Bool("list", false, "list the links there are, with how many came by each")
	if err := c.parse(fs, args); err != nil {
		return err
	}
	s, err := assemble(ctx, *c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // nothing was left unwritten
	if *lang != "" && !slices.Contains(s.texts.Languages(), *lang) {
		return fmt.Errorf("-lang is %q: it must be one of %v", *lang, s.texts.Languages())
	}
	if *list {
		return listLinks(ctx, s.store, out)
	}
	l := store.Link{Code: bot.NewCode(), Lang: *lang, Name: *name, Made: time.Now()}
	if err := s.store.PutLink(ctx, cases.Bot, l); err != nil {
		return err
	}
	fmt.Fprintf(out, "code       %s\n", l.Code)
	if s.public != "" {
		fmt.Fprintf(out, "page       %s/j/%s\nQR code    %s/j/%s.svg\n", s.public, l.Code, s.public, l.Code)
	} else {
		fmt.Fprintf(out, "page       http://%s/j/%s (give PUBLIC_URL for an address that others reach)\n", s.addr, l.Code)
	}
	for _, a := range s.adapters {
		if k, ok := a.(channels.Linker); ok {
			if st, ok := a.(channels.Starter); ok && k.Link(l.Code) == "" {
				if err := learn(ctx, s, st); err != nil {
					fmt.Fprintf(out, "%-10s its name is not known: %v\n", a.Info().Platform, err)
					continue
				}
			}
			fmt.Fprintf(out, "%-10s %s\n", a.Info().Platform, k.Link(l.Code))
		}
	}
	return nil
}

// learn asks a platform for the account's name, which links need.
func learn(ctx context.Context, s *system, st channels.Starter) error {
	if s.public == "" {
		return errors.New("start the program once with PUBLIC_URL, or give the name (see -help)")
	}
	return st.Start(ctx, s.public+"/"+string(st.Info().Platform))
}

func listLinks(ctx context.Context, st *store.Store, out io.Writer) error {
	var after store.Cursor
	for {
		ls, next, err := st.Links(ctx, after, 100)
		if err != nil || len(ls) == 0 {
			return err
		}
		for _, l := range ls {
			fmt.Fprintf(out, "%s  %-2s  made %s", l.Code, l.Lang, l.Made.Format(time.DateOnly))
			for _, stage := range []string{"opened", "language", "agreed", "reported"} {
				n, err := st.Reached(ctx, l.Code, stage)
				if err != nil {
					return err
				}
				fmt.Fprintf(out, "  %s %s", stage, band(n))
			}
			fmt.Fprintf(out, "  %s\n", l.Name)
		}
		after = next
	}
}

// band hides small numbers: with few workers, a count tells who it was.
func band(n int64) string {
	switch {
	case n == 0:
		return "0"
	case n < 11:
		return "1-10"
	}
	return fmt.Sprint(n)
}

// check looks for faults that would reach a worker.
func check(ctx context.Context, c *config, fs *flag.FlagSet, args []string, _ io.Reader, out io.Writer) error {
	if err := c.parse(fs, args); err != nil {
		return err
	}
	faults, err := bot.Check(allInfos())
	if err != nil {
		return err
	}
	if _, err := directory(c.data); err != nil {
		faults = append(faults, err.Error())
	}
	for _, f := range faults {
		fmt.Fprintln(out, f)
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d faults", len(faults))
	}
	fmt.Fprintln(out, "no faults in texts, flows and limits")
	return nil
}

// diagram prints the conversation as the README shows it.
func diagram(_ context.Context, c *config, fs *flag.FlagSet, args []string, _ io.Reader, out io.Writer) error {
	if err := c.parse(fs, args); err != nil {
		return err
	}
	_, err := io.WriteString(out, flows.Diagram())
	return err
}
