package storetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing/iotest"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

var files = []test{
	{"an attachment is read as it was written", attachments},
	{"an attachment that is too big or cut short is not kept", notKept},
	{"an attachment that was changed is not read", changedFile},
	{"an attachment is fetched by one at a time and joins the case", fetched},
	{"an attachment of a draft is found when the draft is sent", draftMedia},
	{"an attachment that comes after the report was sent follows it", lateMedia},
	{"an attachment that is gone or waits is retried or given up", fetchRetry},
}

// folder returns attachments in a folder of their own.
func (t rig) folder() (*store.Files, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "files")
	b, err := store.OpenFolder(dir)
	t.must(err)
	t.Cleanup(func() { b.Close() })
	return t.s.UseFiles(b), dir
}

// names returns the files below dir.
func (t rig) names(dir string) (out []string) {
	t.Helper()
	t.must(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // gone just now
			return nil
		}
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	}))
	return out
}

const chunk = 64 << 10

func content(n int) []byte { return bytes.Repeat([]byte("passport."), n/9+1)[:n] }

func attachments(t rig) {
	f, dir := t.folder()
	for _, n := range []int{0, 1, chunk - 1, chunk, chunk + 1, 3*chunk + 7} {
		want := content(n)
		a, sum, err := f.Put(ctx, "w~t0", iotest.HalfReader(bytes.NewReader(want)), 1<<20)
		t.must(err)
		hash := sha256.Sum256(want)
		t.want(show(a.Size, sum), show(n, hex.EncodeToString(hash[:])))
		r, err := f.Open(ctx, "w~t0", a.Ref)
		t.must(err)
		got, err := io.ReadAll(r)
		t.must(err)
		t.must(r.Close())
		t.want(bytes.Equal(got, want), true)
		_, err = f.Open(ctx, "v~t0", a.Ref)
		t.wantIs(err, store.ErrNotFound)
		t.want(store.SubjectOf(a.Ref), "w~t0")
	}
	for _, name := range t.names(dir) {
		b, err := os.ReadFile(name)
		t.must(err)
		st, err := os.Stat(name)
		t.must(err)
		t.want(show(bytes.Contains(b, []byte("passport")), strings.Contains(name, "w~t0"), st.Mode().Perm()), "false false -rw-------")
	}
	a, _, err := f.Put(ctx, "w~t0", strings.NewReader("x"), 1)
	t.must(err)
	t.must(f.Delete(ctx, a.Ref))
	t.must(f.Delete(ctx, a.Ref))
	_, err = f.Open(ctx, "w~t0", a.Ref)
	t.wantIs(err, store.ErrNotFound)
	t.must(f.DeleteAll(ctx, "w~t0"))
	t.want(len(t.names(dir)), 0)
}

func notKept(t rig) {
	f, dir := t.folder()
	_, _, err := f.Put(ctx, "w~t0", bytes.NewReader(content(101)), 100)
	t.want(err, store.ErrTooBig)
	_, _, err = f.Put(ctx, "w~t0", bytes.NewReader(content(3*chunk)), chunk)
	t.want(err, store.ErrTooBig)
	broken := errors.New("connection lost")
	_, _, err = f.Put(ctx, "w~t0", io.MultiReader(bytes.NewReader(content(2*chunk)), iotest.ErrReader(broken)), 1<<20)
	t.wantIs(err, broken)
	t.want(len(t.names(dir)), 0)
	t.must(os.MkdirAll(filepath.Join(dir, "x"), 0o700))
	t.must(os.WriteFile(filepath.Join(dir, "x", "y.part"), []byte("cut short by a crash"), 0o600))
	b, err := store.OpenFolder(dir)
	t.must(err)
	t.must(b.Close())
	t.want(len(t.names(dir)), 0)
}

func changedFile(t rig) {
	f, dir := t.folder()
	a, _, err := f.Put(ctx, "w~t0", bytes.NewReader(content(3*chunk)), 1<<20)
	t.must(err)
	b, _, err := f.Put(ctx, "w~t0", bytes.NewReader(content(3*chunk)), 1<<20)
	t.must(err)
	name := func(a cases.Attachment) string {
		before := t.names(dir)
		t.must(f.Delete(ctx, a.Ref))
		after := strings.Join(t.names(dir), " ")
		for _, n := range before {
			if !strings.Contains(after, n) {
				return n
			}
		}
		panic("nothing was deleted")
	}
	all := t.names(dir)
	t.want(len(all), 2)
	kept := map[string][]byte{}
	for _, n := range all {
		kept[n], err = os.ReadFile(n)
		t.must(err)
	}
	at, with := name(a), name(b)
	whole, foreign := kept[at], kept[with]
	const head, sealed = 12, chunk + 28
	for what, body := range map[string][]byte{
		"cut in a chunk":     whole[:len(whole)-1],
		"cut between chunks": whole[:head+2*sealed],
		"empty":              nil,
		"without chunks":     whole[:head],
		"longer":             append(bytes.Clone(whole), 0),
		"chunks exchanged":   append(append(append(bytes.Clone(whole[:head]), whole[head+sealed:head+2*sealed]...), whole[head:head+sealed]...), whole[head+2*sealed:]...),
		"another's content":  foreign,
	} {
		t.must(os.WriteFile(at, body, 0o600))
		r, err := f.Open(ctx, "w~t0", a.Ref)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
			r.Close()
		}
		if !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// sends takes a turn in which a worker attaches something.
func (t rig) attaches(user, id, ref string, o store.Outcome) {
	t.Helper()
	e := event(user, id)
	e.Media = []channels.Media{{Ref: ref, Type: "image/jpeg"}}
	turn, err := t.s.Begin(ctx, e)
	t.must(err)
	t.end(turn, o)
}

func (t rig) fetches() []store.FetchJob {
	t.Helper()
	js, err := t.s.ClaimFetch(ctx, "tg", 10, lease)
	t.must(err)
	return js
}

// puts keeps what a job asks for.
func (t rig) puts(f *store.Files, j store.FetchJob, what string) *cases.Attachment {
	t.Helper()
	a, _, err := f.Put(ctx, j.Subject, strings.NewReader(what), 1<<20)
	t.must(err)
	a.Type = j.Media.Type
	return &a
}

func (t rig) reads(f *store.Files, a cases.Attachment) string {
	t.Helper()
	r, err := f.Open(ctx, store.SubjectOf(a.Ref), a.Ref)
	t.must(err)
	defer r.Close()
	b, err := io.ReadAll(r)
	t.must(err)
	return string(b)
}

func fetched(t rig) {
	f, _ := t.folder()
	t.tells("a", "1", cases.Entry{Case: "c", Kind: cases.Opened})
	t.attaches("a", "2", "f1", store.Outcome{Fetch: []store.Fetch{{Media: channels.Media{Ref: "f1", Type: "image/jpeg"}, Case: "c"}}})
	_, err := t.s.Attachment(ctx, event("a", "").From, "f1")
	t.wantIs(err, store.ErrNotFound)
	js := t.fetches()
	t.want(show(len(js), js[0].Media.Ref, js[0].Case, js[0].Attempts), "1 f1 c 1")
	t.want(len(t.fetches()), 0)
	a := t.puts(f, js[0], "the contract")
	t.must(t.s.SettleFetch(ctx, js[0], store.Fetched{Attachment: a}))
	t.must(t.s.SettleFetch(ctx, js[0], store.Fetched{Attachment: a})) // lost, as after a crash
	t.files()
	line := t.timeline("c")
	t.want(show(len(line), line[1].Kind, line[1].Media[0].Type), "2 said image/jpeg")
	t.want(t.reads(f, line[1].Media[0]), "the contract")
	got, err := t.s.Attachment(ctx, event("a", "").From, "f1")
	t.must(err)
	t.want(got.Ref, a.Ref)
	t.c.Pass(2 * lease)
	t.want(len(t.fetches()), 0)
}

func draft(ref string) *cases.Report {
	return &cases.Report{ID: "c", Story: []cases.Part{{Message: "m1", Media: []cases.Attachment{{Ref: ref}}}}}
}

func draftMedia(t rig) {
	f, _ := t.folder()
	t.attaches("a", "1", "f1", store.Outcome{
		Session: flows.Session{Draft: draft("f1")}, Fetch: []store.Fetch{{Media: channels.Media{Ref: "f1"}, Case: "c"}},
	})
	j := t.fetches()[0]
	t.must(t.s.SettleFetch(ctx, j, store.Fetched{Attachment: t.puts(f, j, "the contract")}))
	t.files()
	_, err := t.s.Case(ctx, bot, "c")
	t.wantIs(err, store.ErrNotFound) // the worker has not sent it
	turn, err := t.s.Begin(ctx, event("a", "2"))
	t.must(err)
	t.want(turn.Session.Draft.Story[0].Media[0].Ref, "f1")
	t.end(turn, store.Outcome{Entries: []cases.Entry{{Key: "2/0", Case: "c", Kind: cases.Opened, Worker: turn.Worker, Report: turn.Session.Draft}}})
	t.files()
	line := t.timeline("c")
	t.want(show(len(line), t.reads(f, line[0].Report.Story[0].Media[0])), "1 the contract")
	r, err := t.s.Report(ctx, bot, "c", turn.Worker)
	t.must(err)
	t.want(t.reads(f, r.Story[0].Media[0]), "the contract")
}

func lateMedia(t rig) {
	f, _ := t.folder()
	t.attaches("a", "1", "f1", store.Outcome{
		Session: flows.Session{Draft: draft("f1")}, Fetch: []store.Fetch{{Media: channels.Media{Ref: "f1"}, Case: "c"}},
	})
	j := t.fetches()[0]
	a := t.puts(f, j, "the contract")
	turn, err := t.s.Begin(ctx, event("a", "2")) // the report is sent meanwhile
	t.must(err)
	t.end(turn, store.Outcome{
		Session: flows.Session{Mine: []flows.Mine{{ID: "c"}}},
		Entries: []cases.Entry{{Key: "2/0", Case: "c", Kind: cases.Opened, Worker: turn.Worker, Report: draft("f1")}},
	})
	t.files()
	t.must(t.s.SettleFetch(ctx, j, store.Fetched{Attachment: a}))
	t.files()
	line := t.timeline("c")
	t.want(show(len(line), line[0].Report.Story[0].Media[0].Ref, t.reads(f, line[1].Media[0])), "2 f1 the contract")

	t.attaches("b", "3", "f2", store.Outcome{Fetch: []store.Fetch{{Media: channels.Media{Ref: "f2"}, Case: "never"}}})
	j = t.fetches()[0]
	t.must(t.s.SettleFetch(ctx, j, store.Fetched{Attachment: t.puts(f, j, "x")}))
	t.files()
	_, err = t.s.Case(ctx, bot, "never") // a draft that was thrown away is not opened by its attachment
	t.wantIs(err, store.ErrNotFound)
}

func fetchRetry(t rig) {
	t.attaches("a", "1", "f1", store.Outcome{Fetch: []store.Fetch{{Media: channels.Media{Ref: "f1"}}, {Media: channels.Media{Ref: "f2"}}}})
	j := t.fetches()[0]
	t.must(t.s.SettleFetch(ctx, j, store.Fetched{Retry: t.c.Now().Add(time.Minute)}))
	t.want(len(t.fetches()), 0)
	t.c.Pass(time.Minute)
	js := t.fetches()
	t.want(show(len(js), js[0].Media.Ref, js[0].Attempts), "1 f1 2")
	t.must(t.s.SettleFetch(ctx, js[0], store.Fetched{Gone: true}))
	_, err := t.s.Attachment(ctx, event("a", "").From, "f1")
	t.wantIs(err, store.ErrNotFound)
	t.want(t.fetches()[0].Media.Ref, "f2")
}
