package storetest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

var checks = []test{
	{"a check of a store that was used finds nothing", faultless},
	{"a check tells what was changed, lost or counted wrongly, and sets right what can be", faulty},
	{"a check opens every attachment, and names those that cannot be read", spoiltFiles},
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
	n := t.count("links/x/opened") // which counts what has happened
	t.want(n, 5)
	moved := t.part(store.EntryPart, "").Body
	t.must(t.commit(store.Batch{Shard: store.ShardOf("q"), Jobs: []store.Job{{Lane: store.Lane{Queue: "turns", ID: "q"}, Body: moved, Due: t.c.Now()}}}).Err)
	t.want(strings.Contains(t.checked(false), "1 waiting jobs do not open"), true)
}

// spoiltFiles has attachments of each sort: of a worker, to one, of a case, and
// of a worker who has the chat erased afterwards. Each is spoilt in every way.
func spoiltFiles(t rig) {
	t.s.Home(nay.Org)
	f, dir := t.folder()
	turn, theirs := t.told(f)
	chat, err := t.s.ChatOf(ctx, turn.With)
	t.must(err)
	_, err = t.s.TakeOver(ctx, nay, chat, store.AnyEpoch)
	t.must(err)
	ours, _, err := f.Put(ctx, store.SubjectOf(theirs.Ref), bytes.NewReader(content(2*chunk)), 1<<20)
	t.must(err)
	_, err = t.s.Write(ctx, nay, chat, "k", nil, []channels.Outbound{{Text: "look", File: &channels.File{Ref: "file/" + ours.Ref, Type: "image/jpeg"}}})
	t.must(err)
	subject, err := t.s.EvidenceSubject(ctx, nay, "c")
	t.must(err)
	proof, sum, err := f.Put(ctx, subject, bytes.NewReader(content(3*chunk)), 1<<20)
	t.must(err)
	proof.Sum = sum
	t.does(nay, "c", cases.Entry{Key: "proof", Kind: cases.Noted, Text: "a letter", Media: []cases.Attachment{proof}})
	t.want(t.checked(false), "")
	opened, err := t.s.Check(ctx, false, func(string) {})
	t.must(err)
	t.want(opened.Files, 3)

	files := t.names(dir)
	t.want(len(files), 3)
	for _, way := range []struct {
		spoil func(b []byte) []byte
		why   string
	}{
		{func([]byte) []byte { return nil }, "was changed or cut off"},
		{func(b []byte) []byte { return b[:len(b)-1] }, "was changed or cut off"},
		{func(b []byte) []byte { b[len(b)-1] ^= 1; return b }, "was changed or cut off"},
		{func(b []byte) []byte { b[6] ^= 1; return b }, "was changed at its beginning"},
	} {
		for _, file := range files {
			whole, err := os.ReadFile(file)
			t.must(err)
			t.must(os.WriteFile(file, way.spoil(bytes.Clone(whole)), 0o600))
			name, err := filepath.Rel(dir, file)
			t.must(err)
			t.want(t.checked(false), "attachment files/"+filepath.ToSlash(name)+" "+way.why+": put the file back from a backup, or go on without it")
			t.must(os.WriteFile(file, whole, 0o600))
		}
	}
	for _, file := range files {
		t.must(os.Remove(file))
	}
	t.want(strings.Count(t.checked(false), "is not there"), 3)
	t.must(t.s.Erase(ctx, turn.With, store.Chat)) // theirs and ours: nobody misses them
	t.want(strings.Count(t.checked(false), "is not there"), 1)
}
