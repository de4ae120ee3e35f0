package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"workervoice/cases"
	"workervoice/cmd/workervoice/simulate"
)

// A watchful is what the bench of the console asks for.
type watchful struct {
	crop
	open  int // consoles that listen
	desks int // caseworkers who read page after page
	load  load
}

// pagesOf are the pages that caseworkers read again and again. The asterisk
// stands for a conversation or case that an earlier page named.
var pagesOf = []string{"/c/", "/c/chats?box=all", "/c/chats?box=waiting", "/c/chat/*", "/c/chat/*/thread", "/c/cases", "/c/case/*"}

// measure measures the console beside a load of workers, on a store that is
// full.
func (w watchful) measure(ctx context.Context, program string, out io.Writer) error {
	dir, err := os.MkdirTemp("", "workervoice-bench-")
	if err != nil {
		return fmt.Errorf("no folder for the data: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // nothing depends on it
	where, server, err := w.load.on.place(ctx, dir)
	if err != nil {
		return err
	}
	defer server.kill()
	c, err := settle(dir, where)
	if err != nil {
		return err
	}
	if err := w.fill(ctx, c, out); err != nil {
		return err
	}
	p, err := newPlatform(0, 0)
	if err != nil {
		return err
	}
	defer p.Close()
	b, err := startBot(ctx, program, dir, p.url(), append([]string{"STORE=" + where}, unlimited...)...)
	if err != nil {
		return err
	}
	defer b.kill()
	return w.watch(ctx, p, b, out)
}

// watch opens pages of a bot that is at work, and listens for what changes.
func (w watchful) watch(ctx context.Context, p *platform, b *process, out io.Writer) error {
	fmt.Fprintf(out, "first page after the start %.0f ms\n", millis(b.first))
	d, err := b.desk(ctx)
	if err != nil {
		return err
	}
	crowd, err := newCrowd(p, fleet{b}, w.load)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &readers{took: make(map[string][]time.Duration), names: make(map[string][]string)}
	first, err := d.Read(ctx, "/c/chats?box=all")
	if err != nil {
		return err
	}
	r.note("", 0, first)
	l := &listeners{chat: r.names["chat"][0]}
	if err := l.listen(ctx, d, w.open); err != nil {
		return err
	}
	working, done := context.WithCancel(ctx)
	g, working := errgroup.WithContext(working)
	g.Go(func() error { defer done(); return crowd.work(ctx) })
	for range w.desks {
		g.Go(func() error { return r.read(working, d) })
	}
	g.Go(func() error { return l.touch(working, d) })
	if w.load.profile != "" {
		go b.profile(w.load.profile) //nolint:errcheck // the file stays empty
	}
	before, began := spent(b.pid()), time.Now()
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	res := newResult(w.load, crowd, time.Since(began), before, spent(b.pid()))
	fmt.Fprintln(out, res)
	r.report(out)
	l.report(out, w.open)
	return nil
}

// desk signs a supervisor in.
func (b *process) desk(ctx context.Context) (*simulate.Desk, error) {
	var said bytes.Buffer
	if _, err := ask(ctx, b.dir, "invite", inviteOrder{Login: "bench", Role: string(cases.Supervisor), Org: string(home)}, &said); err != nil {
		return nil, err
	}
	at := address.FindString(said.String())
	d, err := simulate.NewDesk("http://"+b.addr, &http.Transport{MaxIdleConnsPerHost: 64})
	if err != nil {
		return nil, err
	}
	return d, d.Join(ctx, at, "bench", "Bench", "en", "en")
}

// readers read pages and keep how long each took.
type readers struct {
	mu    sync.Mutex
	took  map[string][]time.Duration
	names map[string][]string // seen on pages: chat, case
}

var named = regexp.MustCompile(`/c/(chat|case)/([A-Za-z0-9_-]{8,})`)

func (r *readers) read(ctx context.Context, d *simulate.Desk) error {
	for i := rand.IntN(len(pagesOf)); ctx.Err() == nil; i++ {
		page := pagesOf[i%len(pagesOf)]
		path, ok := r.fillIn(page)
		if !ok {
			continue
		}
		begun := time.Now()
		body, err := d.Read(ctx, path)
		if ctx.Err() != nil {
			break
		}
		if errors.Is(err, simulate.ErrNotThere) { // a case that has just begun is not in its list for a moment
			continue
		}
		if err != nil {
			return err
		}
		r.note(page, time.Since(begun), body)
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond): // somebody reads it
		}
	}
	return nil
}

func (r *readers) fillIn(page string) (string, bool) {
	kind := "chat"
	if strings.HasPrefix(page, "/c/case/") {
		kind = "case"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !strings.Contains(page, "*") {
		return page, true
	}
	if len(r.names[kind]) == 0 {
		return "", false
	}
	return strings.Replace(page, "*", r.names[kind][rand.IntN(len(r.names[kind]))], 1), true
}

func (r *readers) note(page string, d time.Duration, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.took[page] = append(r.took[page], d)
	for _, m := range named.FindAllSubmatch(body, 50) {
		if k := string(m[1]); len(r.names[k]) < 500 {
			r.names[k] = append(r.names[k], string(m[2]))
		}
	}
}

func (r *readers) report(out io.Writer) {
	var all []time.Duration
	for _, page := range pagesOf {
		ds := sorted(r.took[page])
		all = append(all, ds...)
		fmt.Fprintf(out, "%-24s %6d times, p50 %5.1f ms, p99 %5.1f ms\n", page, len(ds), millis(percentile(ds, 0.5)), millis(percentile(ds, 0.99)))
	}
	all = sorted(all)
	fmt.Fprintf(out, "%-24s %6d times, p50 %5.1f ms, p99 %5.1f ms\n", "all pages", len(all), millis(percentile(all, 0.5)), millis(percentile(all, 0.99)))
}

// listeners are open consoles, all of them with the inbox and the same
// conversation: what changes there, everybody is to hear of.
type listeners struct {
	chat  string
	mu    sync.Mutex
	now   *awaited
	told  int // changes so far
	took  []time.Duration
	lines int64 // that came
	bytes int64
}

// An awaited is a change that every console is to hear of. Whoever hears of it
// again, since the conversation goes on, has heard of it already.
type awaited struct {
	topic string
	begun time.Time
}

func (l *listeners) listen(ctx context.Context, d *simulate.Desk, n int) error {
	for range n {
		s, err := d.Stream(ctx, "/c/live?of="+url.QueryEscape("cases chats here:"+l.chat+" chat:"+l.chat))
		if err != nil {
			return err
		}
		go func() {
			defer s.Close()
			var heard *awaited
			lines := bufio.NewScanner(s)
			lines.Buffer(nil, 1<<20)
			for lines.Scan() {
				heard = l.hear(lines.Bytes(), heard)
			}
		}()
	}
	return nil
}

// hear takes a line that came to a console, which has heard of a change before.
func (l *listeners) hear(line []byte, heard *awaited) *awaited {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines, l.bytes = l.lines+1, l.bytes+int64(len(line))
	if l.now == nil || l.now == heard || !bytes.Contains(line, []byte(l.now.topic)) && !bytes.Contains(line, []byte(`"all"`)) {
		return heard
	}
	l.took = append(l.took, time.Since(l.now.begun))
	return l.now
}

// touch changes the conversation now and then, for all consoles to hear of.
func (l *listeners) touch(ctx context.Context, d *simulate.Desk) error {
	for i := 0; ctx.Err() == nil; i++ {
		l.mu.Lock()
		l.now, l.told = &awaited{topic: `"chat:` + l.chat + `"`, begun: time.Now()}, l.told+1
		l.mu.Unlock()
		form := url.Values{"note": {"seen"}, "key": {fmt.Sprint("bench", i, time.Now().UnixNano())}}
		if err := d.Send(ctx, "/c/chat/"+l.chat+"/note", form); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Second):
		}
	}
	return nil
}

func (l *listeners) report(out io.Writer, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ds := sorted(l.took)
	fmt.Fprintf(out, "%d open consoles heard %d times of %d changes, p50 %.0f ms, p99 %.0f ms, last %.0f ms; %d lines of %d bytes\n", n, len(ds), l.told,
		millis(percentile(ds, 0.5)), millis(percentile(ds, 0.99)), millis(percentile(ds, 1)), l.lines, l.bytes/max(l.lines, 1))
}
