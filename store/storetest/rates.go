package storetest

import (
	"slices"
	"sync"
	"time"

	"workervoice/channels"
	"workervoice/store"
)

var rates = []test{
	{"processes share the rate of a channel", sharedRate},
	{"a pause that a platform asked one process for holds for all", pausedRate},
	{"a clock that was wrong holds a rate up for moments only", wrongClock},
}

// sharedRate has three processes reserve small portions of 20 messages a
// second with a burst of 5, as many as they get.
func sharedRate(t rig) {
	rate := channels.Rate{Messages: 20, Per: time.Second, Burst: 5}
	var mu sync.Mutex
	var all []time.Time
	began := t.c.Now()
	var processes []*store.Store
	for range 3 {
		s, err := store.New(struct{ store.Backend }{t.b}, store.Key{1}, t.c.Now)
		t.must(err)
		processes = append(processes, s)
	}
	for range 50 { // 5 s, a tenth of a second at a time
		var wg sync.WaitGroup
		for _, s := range processes {
			wg.Go(func() {
				for {
					at, ok, err := s.Reserve(ctx, "tg", rate, 2)
					if err != nil || !ok {
						if err != nil || !at.After(t.c.Now()) {
							t.Error(at, err)
						}
						return
					}
					mu.Lock()
					all = append(all, at, at.Add(50*time.Millisecond))
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		t.c.Pass(100 * time.Millisecond)
	}
	slices.SortFunc(all, time.Time.Compare)
	for i := range all { // in no stretch of time more than the burst and what the rate gives
		for j := i; j < len(all); j++ {
			if d := all[j].Sub(all[i]); float64(j-i+1) > 5+d.Seconds()*20+2 {
				t.Fatalf("%d messages within %s", j-i+1, d)
			}
		}
	}
	if n := len(all); n < 20*5 || all[0].Before(began) {
		t.Errorf("only %d messages in 5 s", n)
	}
}

// pausedRate has a process told to pause while another has reserved far ahead.
// Nobody reserves anything before the end, and nobody a burst after it.
func pausedRate(t rig) {
	rate := channels.Rate{Messages: 20, Per: time.Second, Burst: 10}
	var two []*store.Store
	for range 2 {
		s, err := store.New(struct{ store.Backend }{t.b}, store.Key{1}, t.c.Now)
		t.must(err)
		two = append(two, s)
	}
	t.must(t.s.PutChannel(ctx, "tg", func(st *store.ChannelState) { st.Offset = "7" }))
	for range 5 {
		_, _, err := two[1].Reserve(ctx, "tg", rate, 5)
		t.must(err)
	}
	until := t.c.Now().Add(time.Minute)
	t.must(two[0].Pause(ctx, "tg", until))
	t.must(two[1].Pause(ctx, "tg", until.Add(-30*time.Second))) // and what was asked for first
	st, err := t.s.Channel(ctx, "tg")
	t.must(err)
	t.want(show(st.BusyUntil.Equal(until), st.Offset), "true 7")
	sent := 0
	for end := until.Add(2 * time.Second); t.c.Now().Before(end); t.c.Pass(50 * time.Millisecond) {
		for _, s := range two {
			at, ok, err := s.Reserve(ctx, "tg", rate, 1)
			t.must(err)
			if t.c.Now().Before(until) {
				t.want(show(ok, at.Equal(until)), "false true")
				continue
			}
			if ok && at.Before(end) {
				sent++
			}
		}
	}
	if sent < 30 || sent > 2*20+2 {
		t.Errorf("%d messages in the 2 s after a pause, at 20 a second", sent)
	}
	t.must(two[0].Pause(ctx, "line", until)) // of which nothing was kept yet
	_, ok, err := two[1].Reserve(ctx, "line", rate, 1)
	t.must(err)
	t.want(ok, true) // it is over
}

func wrongClock(t rig) {
	rate := channels.Rate{Messages: 20, Per: time.Second, Burst: 5}
	t.c.Pass(time.Hour)
	_, ok, err := t.s.Reserve(ctx, "tg", rate, 10)
	t.must(err)
	t.want(ok, true)
	t.c.Pass(-time.Hour)
	at, ok, err := t.s.Reserve(ctx, "tg", rate, 10)
	t.must(err)
	if wait := at.Sub(t.c.Now()); wait > 3*time.Second {
		t.Errorf("a message waits %s (%v)", wait, ok)
	}
}
