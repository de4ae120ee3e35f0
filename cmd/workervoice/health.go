package main

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"time"

	"workervoice/channels"
)

// hook returns where a channel's events should come, or "" where it polls or
// somebody else has said where.
func (s *system) hook(i channels.Info) string {
	if s.public == "" {
		return ""
	}
	return s.public + "/" + string(i.Platform)
}

// lives adds what tells whether the process lives and whether work may be given
// to it. Strangers may ask: neither costs anything, nor tells what is wrong
// beyond one of three lines.
func (s *system) lives(mux *http.ServeMux) {
	say := func(w http.ResponseWriter, status int, words string) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		io.WriteString(w, words+"\n") //nolint:errcheck // nobody is left to tell
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.engine.Ready(); err != nil {
			say(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
			return
		}
		say(w, http.StatusOK, "ready")
	})
}

// private is what is served at METRICS_ADDR, for whoever runs the program:
// figures, how everything stands, and profiles when debugging.
func (s *system) private() http.Handler {
	mux := http.NewServeMux()
	s.lives(mux)
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 8*time.Second) // Prometheus waits 10 s
		defer cancel()
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		for _, write := range []func(io.Writer) error{
			s.engine.Metrics, s.machine, func(w io.Writer) error { return s.engine.Stock(ctx, w) },
		} {
			if err := write(w); err != nil {
				s.log.Warn("some figures are missing: look at the store and the data folder", "err", err)
			}
		}
	})
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 8*time.Second)
		defer cancel()
		w.Header().Set("Content-Type", "application/json")
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		out.Encode(s.overview(ctx)) //nolint:errcheck // nobody is left to tell
	})
	if s.debug {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	}
	return mux
}

// An overview says how everything stands, for whoever runs the program.
type overview struct {
	Ready    bool           `json:"ready"`
	Why      string         `json:"why,omitempty"` // it is not
	Version  string         `json:"version"`
	Oldest   map[string]int `json:"oldest_seconds"` // what waits longest, by queue
	Store    string         `json:"store"`
	Channels []channelView  `json:"channels"`
}

type channelView struct {
	ID       channels.ID       `json:"id"`
	Platform channels.Platform `json:"platform"`
	OK       bool              `json:"ok"`
	Todo     string            `json:"todo,omitempty"`
	Checked  *time.Time        `json:"checked,omitempty"`
	Waiting  int64             `json:"events_waiting_there"` // below zero: the platform does not tell
}

func (s *system) overview(ctx context.Context) overview {
	r := overview{Ready: true, Version: running(), Store: "ok"}
	if err := s.engine.Ready(); err != nil {
		r.Ready, r.Why = false, err.Error()
	}
	st, err := s.store.Stats(ctx)
	if err != nil {
		s.log.Warn("the store cannot be measured", "err", err)
		r.Store = "does not answer: see the log"
	} else {
		r.Oldest = map[string]int{"turns": int(st.EventsLate.Seconds()), "entries": int(st.EntriesLate.Seconds()), "clocks": int(st.ClockLate.Seconds())}
		for id, b := range st.Outbox {
			r.Oldest["outbox "+string(id)] = int(b.Late.Seconds())
		}
	}
	for _, a := range s.adapters {
		i := a.Info()
		c := channelView{ID: i.ID, Platform: i.Platform, Todo: s.todo(i.ID), Waiting: -1}
		if st, at := s.engine.Standing(i.ID); !at.IsZero() {
			c.Checked, c.Waiting = &at, st.Waiting
		}
		c.OK = c.Todo == ""
		r.Channels = append(r.Channels, c)
	}
	return r
}

// todo returns what is to be mended of a channel, in words, or "".
func (s *system) todo(id channels.ID) string {
	if t, ok := s.trouble.Load(id); ok {
		return t.(string)
	}
	st, _ := s.engine.Standing(id)
	if fault := cmp.Or(st.Fault(), st.Clock.Fault()); fault != nil {
		return fault.Error()
	}
	return s.engine.Held(id)
}

// parting tells whoever keeps connections open, once the process is to stop,
// to open none here again: a proxy that sends on a connection which is just
// being closed cannot know whether its request arrived.
func (s *system) parting(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.engine.Leaving() {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
}

// drain goes on working, though not ready any more, until whoever divides the
// work has seen that. A fault ends it at once.
func (s *system) drain(failed <-chan struct{}) {
	s.engine.Leave()
	if s.draining <= 0 {
		return
	}
	s.log.Info("asked to stop: whoever divides the work is given time to see it", "for", s.draining.String())
	t := time.NewTimer(s.draining)
	defer t.Stop()
	select {
	case <-failed:
	case <-t.C:
	}
}

// announce tells systemd, where it runs the program, once work may be given to
// it, then every few seconds that the process lives, and that it stops:
// https://www.freedesktop.org/software/systemd/man/sd_notify.html.
func (s *system) announce(ctx context.Context) error {
	where := os.Getenv("NOTIFY_SOCKET")
	if where == "" {
		return nil
	}
	c, err := net.Dial("unixgram", where)
	if err != nil {
		s.log.Warn("systemd cannot be told how the program does", "err", err)
		return nil
	}
	defer c.Close()
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for ready := false; ; {
		words := "WATCHDOG=1"
		switch {
		case s.engine.Leaving():
			words = "STOPPING=1\n" + words
		case !ready && s.engine.Ready() == nil:
			ready, words = true, "READY=1\n"+words
		}
		c.Write([]byte(words)) //nolint:errcheck // without systemd there is nobody to tell
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}
