// Package storetest checks that a Backend keeps its promises, and that a Store
// on top of it keeps its own.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/store"
)

// Clock is a time that tests move by hand.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time.
func (c *Clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

// Pass moves the time on.
func (c *Clock) Pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

// A rig is what a test works with.
type rig struct {
	*testing.T
	b store.Backend
	s *store.Store
	c *Clock

	dir string // where b keeps its files

	again func() store.Backend // closes b and opens an empty one
}

// Run checks the back ends that open makes. Each call of open must return an
// empty one, and the folder where it keeps its files.
func Run(t *testing.T, open func(t *testing.T) (store.Backend, string)) {
	run(t, open, waist, conversations, waking, people, sending, rates, files, uploading, filed, many, tenancy, referring, updating, secrets, erasing, looks, staff, looking, snapshots, checks)
}

// RunWithoutFiles is Run without a look at what the files hold.
func RunWithoutFiles(t *testing.T, open func(t *testing.T) store.Backend) {
	run(t, func(t *testing.T) (store.Backend, string) { return open(t), "" }, waist, conversations, waking, people, sending, rates, files, uploading, filed, many, tenancy, referring, updating, secrets, erasing, staff, looking, snapshots, checks)
}

func run(t *testing.T, open func(t *testing.T) (store.Backend, string), parts ...[]test) {
	for _, part := range parts {
		for _, test := range part {
			t.Run(test.name, func(t *testing.T) {
				c := &Clock{now: time.UnixMilli(1_700_000_000_000)}
				b, dir := open(t)
				s, err := store.New(b, store.Key{1}, c.Now)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				test.run(rig{t, b, s, c, dir, func() store.Backend { s.Close(); b, _ := open(t); return b }})
			})
		}
	}
}

// far reports whether b is reached over a network, so that of what costs many
// steps and touches b little a part must do: the rest is seen on a file, and
// with FAULTS here too.
func (t rig) far() bool {
	_, far := t.b.(store.Herald)
	return far && os.Getenv("FAULTS") == ""
}

// A test checks one promise.
type test struct {
	name string
	run  func(rig)
}

var ctx = context.Background()

const lease = time.Minute

func (t rig) want(got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func (t rig) wantIs(got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

// show prints values with a space between them.
func show(vs ...any) string { return strings.TrimSuffix(fmt.Sprintln(vs...), "\n") }

func (t rig) must(err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func event(user, id string) channels.Event {
	return channels.Event{ID: id, Kind: channels.Said, From: channels.Address{Channel: "tg", User: user}, Text: id}
}

func message(user, key string) channels.Outbound {
	return channels.Outbound{Key: key, To: channels.Address{Channel: "tg", User: user}, Text: key}
}
