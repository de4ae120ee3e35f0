package bot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
	"workervoice/store/sqlite"
	"workervoice/translations"
)

// A stage is an engine on a real SQLite file, with a platform that remembers
// what was sent and a clock that tests move by hand. Nothing runs by itself.
type stage struct {
	*testing.T
	e     *Engine
	play  *platform
	cast  func() []channels.Adapter // the channels, anew for each start of the program
	db    store.Backend
	file  string
	log   *lockedBuffer
	mu    sync.Mutex
	now   time.Time        // zero: by the clock of the bubble that the test runs in
	clock func() time.Time // goes before now, if there is one
	n     int

	known map[cases.ID]int // entries seen
	dice  dice
	code  string // the last code for another app
	spoke string // the platform's name for what the worker last wrote or recorded
}

// start is the evening on which conversations in tests begin: 21:10 in Bangkok.
var start = time.Date(2026, 11, 19, 14, 10, 0, 0, time.UTC)

// newStage returns a stage for one channel, which carries what info says.
func newStage(t *testing.T, info channels.Info) *stage {
	t.Helper()
	s := &stage{T: t, play: &platform{info: info}, now: start, known: map[cases.ID]int{}, log: &lockedBuffer{}, file: filepath.Join(t.TempDir(), "voice.db")}
	s.cast = func() []channels.Adapter { return []channels.Adapter{s.play} }
	s.open()
	t.Cleanup(func() { s.e.Store.Close() })
	return s
}

// newLiveStage returns a stage for real adapters.
func newLiveStage(t *testing.T, cast func(s *stage) []channels.Adapter) *stage {
	t.Helper()
	s := &stage{T: t, now: start, known: map[cases.ID]int{}, log: &lockedBuffer{}, file: filepath.Join(t.TempDir(), "voice.db")}
	s.cast = func() []channels.Adapter { return cast(s) }
	s.play = &platform{info: s.cast()[0].Info()}
	s.open()
	t.Cleanup(func() { s.e.Store.Close() })
	return s
}

// catalog is every text. It takes a while to read.
var catalog = sync.OnceValues(translations.Load)

func (s *stage) open() {
	s.Helper()
	db, err := sqlite.Open(s.file)
	if err != nil {
		s.Fatal(err)
	}
	s.db, s.e = db, s.engine(db)
}

// engine returns an engine that keeps what it does in db, as a process would
// that knows of no other.
func (s *stage) engine(db store.Backend) *Engine {
	s.Helper()
	st, err := store.New(db, store.Key{7}, s.Now)
	if err != nil {
		s.Fatal(err)
	}
	folder, err := store.OpenFolder(filepath.Join(filepath.Dir(s.file), "files"))
	if err != nil {
		s.Fatal(err)
	}
	texts, err := catalog()
	if err != nil {
		s.Fatal(err)
	}
	e := New(Config{Store: st, Files: st.UseFiles(folder), Channels: s.cast(), Texts: texts, Now: s.Now, Chance: &s.dice,
		Log: slog.New(slog.NewTextHandler(s.log, nil)), Name: "Golden Friend", Org: "Sunrise Legal Aid", Independent: "Daw Mya",
		Public: "https://friend.example", Template: "case_update", TemplateLang: "en", Draw: func(string) ([]byte, error) { return []byte("png"), nil }})
	for _, snd := range e.senders {
		if s.clock == nil && s.now != (time.Time{}) { // stands still, so nobody can wait for the rate: the program was started a while ago
			snd.rate = newRater(snd.info, s.Now().Add(-time.Minute))
		}
	}
	return e
}

// restart closes everything and opens it again, as after a stop.
func (s *stage) restart() {
	s.Helper()
	if err := s.e.Store.Close(); err != nil {
		s.Fatal(err)
	}
	s.open()
}

func (s *stage) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.clock != nil:
		return s.clock()
	case s.now.IsZero():
		return time.Now()
	}
	return s.now
}

// later lets time go by, in which nothing happens.
func (s *stage) later(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// pass lets time go by, and what is due happen.
func (s *stage) pass(d time.Duration) {
	s.Helper()
	s.later(d)
	s.settle()
}

// address is where the worker named user is reached.
func (s *stage) address(user string) channels.Address {
	return channels.Address{Channel: s.play.info.ID, User: user}
}

// event returns something that a worker sent, with the next name.
func (s *stage) event(user string, ev channels.Event) channels.Event {
	s.n++
	s.later(3 * time.Second) // nobody types faster
	ev.ID, ev.From, ev.At = fmt.Sprintf("e%d", s.n), s.address(user), s.Now()
	if ev.Kind == "" {
		ev.Kind = channels.Said
	}
	if ev.Message == "" {
		ev.Message = fmt.Sprintf("w%d", s.n)
	}
	if ev.Kind == channels.Said && ev.Choice == "" {
		s.spoke = ev.Message
	}
	return ev
}

// hear delivers ev twice, as platforms do, and everything that it leads to.
func (s *stage) hear(ev channels.Event) {
	s.Helper()
	for range 2 {
		if err := s.e.Deliver(context.Background(), ev); err != nil {
			s.Fatal(err)
		}
	}
	s.settle()
}

// say lets a worker write, press ("[value]") or send something.
func (s *stage) say(user, what string) {
	s.Helper()
	ev := channels.Event{Text: what}
	if v, ok := strings.CutPrefix(what, "["); ok {
		ev = channels.Event{Choice: strings.TrimSuffix(v, "]")}
	}
	s.hear(s.event(user, ev))
}

// settle carries out what waits: turns, alarms, entries and messages, until
// there is nothing left to do now.
func (s *stage) settle() {
	s.Helper()
	s.drive(s.e)
}

// drive has e carry out what waits.
func (s *stage) drive(e *Engine) {
	s.Helper()
	ctx := context.Background()
	for busy := true; busy; {
		if _, err := e.Store.Wakes(ctx, 100); err != nil {
			s.Fatal(err)
		}
		if _, err := e.Store.Tick(ctx, 100); err != nil {
			s.Fatal(err)
		}
		busy = e.answer(ctx)
		busy = e.file(ctx) || busy
		busy = e.attend(ctx) || busy
		busy = e.fan(ctx) || busy
		for _, snd := range e.senders {
			if f, ok := snd.a.(channels.Fetcher); ok {
				busy = e.fetch(ctx, snd, f) || busy
			}
			busy = s.transmit(snd) || busy
		}
	}
}

// transmit sends what waits on one channel, and reports whether there was
// anything.
func (s *stage) transmit(snd *sender) (some bool) {
	s.Helper()
	snd.claim(context.Background())
	for len(snd.parcels)+len(snd.pushes) > 0 {
		some = true
		var p claimed
		select {
		case p = <-snd.parcels:
		default:
			p = <-snd.pushes
		}
		snd.keep(snd.deliver(context.Background(), p.Parcel))
	}
	return some
}

// sent returns what was shown since the last call, one line a message.
func (s *stage) sent() []channels.Outbound { return s.play.take() }

// last returns the text of the newest message sent, and forgets all.
func (s *stage) last() string {
	s.Helper()
	ms := s.sent()
	if len(ms) == 0 {
		s.Fatal("nothing was sent")
	}
	return ms[len(ms)-1].Text
}

// A platform is a channel that takes what it is told to take.
type platform struct {
	info channels.Info
	mu   sync.Mutex
	got  []channels.Outbound
	gone []string
	left int
	fail func(channels.Outbound) error // what Send answers
	slow time.Duration                 // how long Send takes
	acks int
}

var (
	_ channels.Deleter      = (*platform)(nil)
	_ channels.Leaver       = (*platform)(nil)
	_ channels.Fetcher      = (*platform)(nil)
	_ channels.Acknowledger = (*platform)(nil)
)

func (p *platform) Info() channels.Info { return p.info }

func (p *platform) Receive(*http.Request) ([]channels.Event, error) {
	return nil, errors.New("not used here")
}

func (p *platform) Send(ctx context.Context, m channels.Outbound) (string, error) {
	if p.slow > 0 { // in a bubble only
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(p.slow):
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		if err := p.fail(m); err != nil {
			return "", err
		}
	}
	p.got = append(p.got, m)
	return fmt.Sprintf("m%d", len(p.got)), nil
}

func (p *platform) Delete(_ context.Context, _ channels.Address, ids []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = append(p.gone, ids...)
	return nil
}

func (p *platform) Leave(context.Context, channels.Address) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left++
	return nil
}

func (p *platform) Acknowledge(context.Context, channels.Event) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acks++
	return nil
}

func (p *platform) Fetch(_ context.Context, m channels.Media) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("content of " + m.Ref)), nil
}

func (p *platform) take() []channels.Outbound {
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.got
	p.got = nil
	return got
}

// dice always fall the same way, so that numbers of cases stay the same.
type dice struct {
	mu sync.Mutex
	n  byte
}

func (d *dice) Read(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range p {
		d.n++
		p[i] = d.n
	}
	return len(p), nil
}

// A lockedBuffer takes in a log.
type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
