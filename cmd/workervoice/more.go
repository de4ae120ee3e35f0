package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"workervoice/bot"
	"workervoice/channels/terminal"
	"workervoice/flows"
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

// check looks for faults that would reach a worker; with the word store, for
// those in what is kept.
func check(ctx context.Context, c *config, fs *flag.FlagSet, args []string, in io.Reader, out io.Writer) error {
	if len(args) > 0 && args[0] == "store" {
		return checkStore(ctx, c, fs, args[1:], in, out)
	}
	if err := c.parse(fs, args); err != nil {
		return err
	}
	faults, err := bot.Check(allInfos())
	if err != nil {
		return err
	}
	faults = append(faults, flows.LifecycleFaults()...)
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

// diagram prints the conversation, or the life of an issue, as the README shows it.
func diagram(_ context.Context, c *config, fs *flag.FlagSet, args []string, _ io.Reader, out io.Writer) error {
	cases := fs.Bool("cases", false, "print the life of an issue instead")
	if err := c.parse(fs, args); err != nil {
		return err
	}
	text := flows.Diagram()
	if *cases {
		text = flows.Lifecycle()
	}
	_, err := io.WriteString(out, text)
	return err
}
