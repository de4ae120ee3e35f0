package storetest

import (
	"bytes"
	"strings"

	"workervoice/cases"
	"workervoice/store"
)

var checks = []test{
	{"a check of a store that was used finds nothing", faultless},
	{"a check tells what was changed, lost or counted wrongly, and sets right what can be", faulty},
}

// checked returns the lines of a check.
func (t rig) checked(mend bool) string {
	t.Helper()
	var said []string
	_, err := t.s.Check(ctx, mend, func(line string) { said = append(said, line) })
	t.must(err)
	return strings.Join(said, "\n")
}

func faultless(t rig) {
	f, _ := t.folder()
	turn, _ := t.told(f)
	t.pair()
	t.must(t.s.Merge(ctx, nay, "from", "into", "k", "the same shed"))
	t.does(bot, "c", cases.Entry{Kind: cases.Alerted, Worker: turn.Worker})
	t.files()
	t.want(t.checked(false), "")
	t.must(t.s.Erase(ctx, turn.With, store.Everything))
	t.want(t.checked(false), "")
}

// part returns the last part of a kind, of the records those of one kind.
func (t rig) part(what store.What, kind string) (found store.Part) {
	t.Helper()
	t.must(t.b.Snapshot(ctx, t.c.Now(), func(p store.Part) error {
		if p.What == what && p.Kind == kind && !p.Gone {
			found = p
			found.Body = bytes.Clone(p.Body)
		}
		return nil
	}))
	return found
}

func faulty(t rig) {
	f, _ := t.folder()
	t.told(f)
	t.want(t.checked(false), "")
	t.must(t.commit(store.Batch{Shard: 3, Add: []store.Counter{{Name: "cases/received", N: 2}, {Name: "waiting", N: 1}, {Name: "links/x/opened", N: 5}}}).Err)
	at := t.part(store.PlacePart, "session") // whose record goes, and leaves its place behind
	r := t.part(store.RecordPart, "session")
	t.must(t.commit(store.Batch{Shard: r.Shard, Put: []store.Put{{Record: store.Record{Kind: r.Kind, ID: r.ID, Version: r.N}}}}).Err)
	p := t.part(store.RecordPart, "report")
	p.Body[len(p.Body)-1] ^= 1
	t.must(t.commit(store.Batch{Shard: p.Shard, Put: []store.Put{{Record: store.Record{Kind: p.Kind, ID: p.ID, Version: p.N, Body: p.Body}}}}).Err)
	said := t.checked(true)
	for _, want := range []string{
		`counter "cases/received" says 3, there are 1: set right`, `counter "waiting" says 1, there are 0: set right`,
		`list "` + at.Name + `": nothing stands at 1 of its places: set right`, "1 records of kind report do not open",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not told:\n%s", want, said)
		}
	}
	said = t.checked(false)
	t.want(show(strings.Count(said, "\n"), strings.Contains(said, "1 records of kind report do not open")), "0 true")
	n, err := t.b.Count(ctx, "links/x/opened") // which counts what has happened
	t.must(err)
	t.want(n, 5)
	moved := t.part(store.EntryPart, "").Body
	t.must(t.commit(store.Batch{Shard: store.ShardOf("q"), Jobs: []store.Job{{Lane: store.Lane{Queue: "turns", ID: "q"}, Body: moved, Due: t.c.Now()}}}).Err)
	t.want(strings.Contains(t.checked(false), "1 waiting jobs do not open"), true)
}
