// Command workervoice runs the bot through which workers report what is wrong
// at work.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // a machine without zones would write to workers at night
)

// A command is one of the things that the program does.
type command struct {
	name, does string
	run        func(ctx context.Context, c *config, fs *flag.FlagSet, args []string, in io.Reader, out io.Writer) error
}

var commands = []command{
	{"serve", "run the bot, the web chat and the console (what happens without a command)", serve},
	{"chat", "talk with the bot in this terminal", chat},
	{"link", "make a mobilizer's link and print its addresses", link},
	{"invite", "make an invitation to the console and print its address", invite},
	{"organisation", "make an organisation, or say with which counterparts and employers it may speak", organisation},
	{"check", "look for faults in texts, flows and limits; check store: in everything that is kept", check},
	{"backup", "write everything that is kept to a sealed file, while the program runs or not", backup},
	{"restore", "fill an empty store, SQLite or Redis, with a backup", restore},
	{"ready", "ask the program that runs on this machine whether work may be given to it", ready},
	{"diagram", "print the conversation as a Mermaid diagram", diagram},
	{"simulate", "let made-up workers and caseworkers use a running instance", play},
	{"bench", "measure how much the bot can do on this machine", bench},
}

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200) // the heap is small; collecting it often costs a tenth of the work
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "workervoice:", err)
		os.Exit(1)
	}
}

// run finds the command and carries it out.
func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	cmd := commands[0]
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		found := false
		for _, c := range commands {
			if c.name == args[0] {
				cmd, found, args = c, true, args[1:]
				break
			}
		}
		if !found {
			return fmt.Errorf("there is no command %q; workervoice -help lists them", args[0])
		}
	}
	var c config
	fs := flag.NewFlagSet("workervoice "+cmd.name, flag.ContinueOnError)
	fs.SetOutput(out)
	c.flags(fs)
	fs.Usage = func() {
		fmt.Fprintf(out, "usage: workervoice [command] [flags]\n\ncommands:\n")
		for _, c := range commands {
			fmt.Fprintf(out, "  %-9s %s\n", c.name, c.does)
		}
		fmt.Fprintf(out, "\nflags; in brackets the variable that says the same:\n")
		fs.PrintDefaults()
	}
	return cmd.run(ctx, &c, fs, args, in, out)
}

// parse reads the flags and checks them.
func (c *config) parse(fs *flag.FlagSet, args []string) error {
	if err := fs.Parse(args); err != nil {
		return err
	}
	return c.check()
}
