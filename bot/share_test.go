package bot

import (
	"path/filepath"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/store"
	"workervoice/store/sqlite"
)

// TestShare has two processes send on one account as fast as they may: together
// they send what one may, and about half each.
func TestShare(t *testing.T) {
	b, err := sqlite.Open(filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.UnixMilli(1_700_000_000_000)
	clock := func() time.Time { return now }
	rate := channels.Rate{Messages: 30, Per: time.Second, Burst: 30}
	var two []*sender
	for range 2 {
		s, err := store.New(struct{ store.Backend }{b}, store.Key{1}, clock) // which does not say that it is alone
		if err != nil {
			t.Fatal(err)
		}
		two = append(two, &sender{e: &Engine{Config: Config{Store: s, Now: clock}}, info: channels.Info{ID: "tg", Rate: rate}})
	}
	t.Cleanup(func() { b.Close() })
	sent := []int{0, 0}
	const seconds = 20
	for began := now; now.Sub(began) < seconds*time.Second; now = now.Add(10 * time.Millisecond) {
		for i, s := range two {
			for {
				at, err := s.share.together(t.Context(), s, 1, now)
				if err != nil {
					t.Fatal(err)
				}
				if !at.IsZero() {
					if !at.After(now) {
						t.Fatal("is to ask again at once")
					}
					break
				}
				sent[i]++
			}
		}
		// A burst, what the rate gives, and a portion of each.
		if all, most := sent[0]+sent[1], 30+int(30*now.Sub(began).Seconds())+1+2*int(portion/each(rate)); all > most {
			t.Fatalf("%d messages within %s, %d may go", all, now.Sub(began), most)
		}
	}
	if all := sent[0] + sent[1]; all < 30*(seconds-1) || min(sent[0], sent[1]) < all/3 {
		t.Errorf("%v messages in %d s at 30 a second", sent, seconds)
	}
}

// TestShareAlone checks that one process asks nobody.
func TestShareAlone(t *testing.T) {
	b, err := sqlite.Open(filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.New(b, store.Key{1}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	b.Close() // whoever asks now gets an error
	x := &sender{e: &Engine{Config: Config{Store: s, Now: time.Now}}, info: channels.Info{ID: "tg", Rate: channels.Rate{Messages: 30, Per: time.Second}}}
	for range 100 {
		if at, err := x.share.together(t.Context(), x, 1, time.Now()); err != nil || !at.IsZero() {
			t.Fatal(at, err)
		}
	}
}
