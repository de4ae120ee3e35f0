package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"workervoice/channels"
	"workervoice/console"
)

// serve runs everything until ctx is done.
func serve(ctx context.Context, c *config, fs *flag.FlagSet, args []string, _ io.Reader, out io.Writer) error {
	if err := c.parse(fs, args); err != nil {
		return err
	}
	log, err := newLog(c, os.Stderr)
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(roomy)
	}
	s, err := assemble(ctx, *c, log)
	if err != nil {
		return err
	}
	if s.made {
		log.Warn("made a master key: without a copy of this file, kept elsewhere, nothing that is stored can ever be read again", "file", c.key)
	}
	err = s.serve(ctx, out)
	return errors.Join(err, s.Close())
}

// roomy is how much the memory in use may grow, in percent, before it is tidied
// up. What lives is small, some 25 MB: three times that again under load is a
// tenth less processor time a turn. GOGC says otherwise.
const roomy = 300

// serve listens and works. When it is asked to stop it is not ready at once,
// and goes on for as long as DRAIN says. Then webhooks end first, so that what
// they commit is still sent; what is under way to a platform is finished, and
// what is not begun is put back for other processes.
func (s *system) serve(ctx context.Context, out io.Writer) error {
	servers, err := s.listen()
	if err != nil {
		return err
	}
	orders := s.control()
	defer orders.Close()
	s.welcome(out, servers)
	s.first(ctx, out)
	s.startPlatforms(ctx)

	running, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	g, failed := errgroup.WithContext(running)
	g.Go(func() error { return s.engine.Run(running) })
	g.Go(func() error { s.engine.Watch(running, s.hook); return nil })
	g.Go(func() error { return s.announce(running) })
	for _, v := range servers {
		g.Go(func() error {
			if err := v.Serve(v.listener); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	select {
	case <-ctx.Done():
	case <-failed.Done():
	}
	s.drain(failed.Done())
	last, cancel := context.WithTimeout(running, 20*time.Second)
	defer cancel()
	for _, v := range servers {
		v.quit()
		if e := v.Shutdown(last); e != nil {
			err = errors.Join(err, e, v.Close())
		}
	}
	end()
	return errors.Join(err, g.Wait())
}

// A server is one address and what is served there.
type server struct {
	*http.Server
	listener net.Listener
	quit     context.CancelFunc // ends what would go on for ever: live pages
}

// listen opens every address before anything begins to work.
func (s *system) listen() (servers []server, err error) {
	pages := s.pages()
	for _, a := range []struct {
		name, addr string
		handler    http.Handler
	}{
		{"ADDR", s.addr, pages},
		{"WEBHOOK_ADDR", s.webhookAddr, s.hooks(http.NewServeMux())},
		{"METRICS_ADDR", s.metrics, s.private()},
	} {
		if a.addr == "" {
			continue
		}
		l, err := net.Listen("tcp", a.addr)
		if err != nil {
			for _, v := range servers {
				err = errors.Join(err, v.listener.Close())
			}
			return nil, fmt.Errorf("%s: nothing can be served there, choose another address: %w", a.name, err)
		}
		if a.name == "ADDR" {
			s.addr = l.Addr().String() // where port 0 has led
		}
		base, quit := context.WithCancel(context.Background())
		servers = append(servers, server{&http.Server{ // without ReadTimeout: a slow phone may send a photo for minutes
			Handler: s.parting(a.handler), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute,
			BaseContext: func(net.Listener) context.Context { return base },
			ErrorLog:    slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		}, l, quit})
	}
	return servers, nil
}

// hooks adds the webhooks of the configured platforms.
func (s *system) hooks(mux *http.ServeMux) *http.ServeMux {
	for _, a := range s.adapters {
		switch p := a.Info().Platform; p {
		case channels.Telegram, channels.LINE, channels.WhatsApp:
			mux.Handle("/"+string(p), s.engine.Webhook(a))
		}
	}
	mux.HandleFunc("GET /f/{token}", s.engine.File)
	return mux
}

// pages is everything that people open, and the webhooks if they have no
// address of their own.
func (s *system) pages() http.Handler {
	mux := http.NewServeMux()
	if s.webhookAddr == "" {
		s.hooks(mux)
	} else {
		mux.HandleFunc("GET /f/{token}", s.engine.File)
	}
	w := s.web.Handler(s.engine.Deliver)
	mux.Handle("/w", w)
	mux.Handle("/w/", w)
	mux.Handle("/c/", s.office)
	s.lives(mux)
	mux.Handle("/", console.Handler(s.consoleConfig()))
	return mux
}

// startPlatforms tells each platform where to call, or begins to poll. A
// platform that cannot be reached is tried again; the others go on.
func (s *system) startPlatforms(ctx context.Context) {
	for _, a := range s.adapters {
		i := a.Info()
		starter, ok := a.(channels.Starter)
		if _, polls := a.(channels.Poller); polls && s.public == "" && s.webhookAddr == "" {
			s.engine.Poll(i.ID)
		}
		if !ok || s.public == "" && s.webhookAddr != "" { // somebody else has set the webhook
			continue
		}
		go func() {
			for wait := time.Second; ctx.Err() == nil; wait = min(2*wait, 10*time.Minute) {
				err := starter.Start(ctx, s.hook(i))
				if err == nil {
					s.trouble.Delete(i.ID)
					s.log.Info("channel is ready", "channel", i.ID)
					return
				}
				s.trouble.Store(i.ID, "the platform cannot be reached or refuses us: see the log")
				s.log.Error("channel is not ready, it is tried again", "channel", i.ID, "in", wait, "err", err)
				select {
				case <-ctx.Done():
				case <-time.After(wait):
				}
			}
		}()
	}
}

// welcome says what runs and where to look.
func (s *system) welcome(out io.Writer, servers []server) {
	home := "http://" + servers[0].listener.Addr().String()
	fmt.Fprintf(out, "%s is running.\n  web chat for workers   %s/w\n  console for staff      %s/c/\n  start page             %s/\n", s.name, home, home, home)
	for _, a := range s.adapters {
		i := a.Info()
		if i.Platform == channels.Web {
			continue
		}
		how := "webhook at /" + string(i.Platform)
		if i.Platform == channels.Telegram && s.public == "" && s.webhookAddr == "" {
			how = "asks Telegram for messages, since there is no PUBLIC_URL"
		}
		fmt.Fprintf(out, "  %-22s %s\n", i.Platform, how)
	}
	if len(s.adapters) == 1 {
		fmt.Fprintln(out, "  no platform is set up: give TELEGRAM_TOKEN, LINE_CHANNEL_TOKEN or WHATSAPP_TOKEN (see -help)")
	}
	fmt.Fprintf(out, "  master key             %s – keep a copy elsewhere\n", s.key)
}
