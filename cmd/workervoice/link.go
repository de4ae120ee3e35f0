package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"workervoice/bot"
	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

// A linkOrder asks for a link, or for the list of links.
type linkOrder struct {
	Lang, Name string
	List       bool
}

// link makes a mobilizer's link, or lists those there are. It asks the program
// that runs on the same data folder, and works by itself where none does.
func link(ctx context.Context, c *config, fs *flag.FlagSet, args []string, _ io.Reader, out io.Writer) error {
	var o linkOrder
	fs.StringVar(&o.Lang, "lang", "", "language in which the link begins: my, km, ne, th or en")
	fs.StringVar(&o.Name, "for", "", "what the mobilizer is called, for yourself; it is stored sealed")
	fs.BoolVar(&o.List, "list", false, "list the links there are, with how many came by each")
	if err := c.parse(fs, args); err != nil {
		return err
	}
	return order(ctx, c, "link", o, out, (*system).link)
}

// link carries out an order.
func (s *system) link(ctx context.Context, o linkOrder, out io.Writer) error {
	if o.Lang != "" && !slices.Contains(s.texts.Languages(), o.Lang) {
		return fmt.Errorf("-lang is %q: it must be one of %v", o.Lang, s.texts.Languages())
	}
	if o.List {
		return listLinks(ctx, s.store, out)
	}
	l := store.Link{Code: bot.NewCode(), Lang: o.Lang, Name: o.Name, Made: time.Now()}
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
			at := k.Link(l.Code)
			if strings.HasPrefix(at, "/") { // our own pages, without a public address
				at = "http://" + s.addr + at
			}
			fmt.Fprintf(out, "%-10s %s\n", a.Info().Platform, at)
		}
	}
	return nil
}

// socket is where the running program takes orders, from the owner of the data
// folder only: no other user can open the folder.
func socket(data string) string { return filepath.Join(data, "control.sock") }

// control takes orders until what it returns is closed. Without it the program
// runs all the same: then links are made while it is stopped.
func (s *system) control() io.Closer {
	_ = os.Remove(socket(s.data)) // what a killed process left; the store's lock says that none runs
	l, err := net.Listen("unix", socket(s.data))
	if err != nil {
		s.log.Warn("workervoice link and invite cannot reach this program: choose a shorter path with -data, or use them while it is stopped", "err", err)
		return io.NopCloser(nil)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /link", take(s.link))
	mux.HandleFunc("POST /invite", take(s.invite))
	mux.HandleFunc("POST /organisation", take(s.standing))
	mux.HandleFunc("POST /check-store", take(s.checkStore))
	mux.HandleFunc("POST /snapshot", s.sendSnapshot)
	go (&http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}).Serve(l) //nolint:errcheck // ends with the listener
	return l
}

// take serves orders of one kind.
func take[O any](do func(context.Context, O, io.Writer) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var o O
		if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
			http.Error(w, "the order cannot be read", http.StatusBadRequest)
			return
		}
		var b bytes.Buffer
		if err := do(r.Context(), o, &b); err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.Write(b.Bytes()) //nolint:errcheck // nobody is left to tell
	}
}

// controller speaks to the program that runs on a data folder.
func controller(data string) *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", socket(data))
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial}}
}

// order has the program that runs on the data folder carry an order out, or
// does so itself where none runs.
func order[O any](ctx context.Context, c *config, kind string, o O, out io.Writer, do func(*system, context.Context, O, io.Writer) error) error {
	if done, err := ask(ctx, c.data, kind, o, out); done {
		return err
	}
	s, err := assemble(ctx, *c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return errors.Join(do(s, ctx, o, out), s.Close())
}

// ask hands an order of a kind to the program that runs on a data folder, and
// reports whether there is one.
func ask(ctx context.Context, data, kind string, o any, out io.Writer) (bool, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return true, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control/"+kind, bytes.NewReader(body))
	if err != nil {
		return true, err
	}
	r, err := controller(data).Do(req)
	if err != nil {
		return false, nil
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		b, err := io.ReadAll(r.Body)
		return true, errors.Join(errors.New(string(bytes.TrimSpace(b))), err)
	}
	_, err = io.Copy(out, r.Body)
	return true, err
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
			for _, stage := range []string{"visited", "opened", "language", "agreed", "reported"} {
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
