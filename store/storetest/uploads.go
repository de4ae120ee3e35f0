package storetest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing/iotest"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/flows"
	"workervoice/store"
)

var uploading = []test{
	{"an upload that nothing needs goes after a day", uploadGoes},
	{"an upload is there for an hour after a clock was set forward", uploadJumps},
	{"an upload that several processes remove goes once, and no other", uploadsGo},
	{"an upload that cannot be taken leaves nothing", uploadRefused},
	{"an upload that is waited for stays until it was copied", uploadWaits},
	{"an upload from before the worker's consent stays until the answer", uploadAsked},
	{"an upload that a draft names goes once it was copied", uploadCopied},
	{"an upload goes within two hours when the chat is erased", uploadErased},
	{"an upload without a record goes in a week", uploadAdopted},
	{"a check reads every upload", uploadChecked},
}

const dayLong = 24 * time.Hour

// uploads keeps something for a worker, and returns its name and its ref.
func (t rig) uploads(f *store.Files, user, what string) (name string, a cases.Attachment) {
	t.Helper()
	name, size, err := f.Upload(ctx, event(user, "").From, strings.NewReader(what), "image/jpeg", 1<<20)
	t.must(err)
	t.want(size, len(what))
	ref, kind, _ := strings.Cut(name, ";")
	t.want(show(kind, store.IsUpload(ref)), "image/jpeg true")
	return name, cases.Attachment{Ref: ref}
}

// tidies removes what may go, and returns when the next is looked at, from now.
func (t rig) tidies() time.Duration {
	t.Helper()
	next, err := t.s.Tidy(ctx, 10)
	t.must(err)
	if !next.IsZero() && !next.After(t.c.Now()) { // there may be more
		next, err = t.s.Tidy(ctx, 10)
		t.must(err)
	}
	if next.IsZero() {
		return 0
	}
	return next.Sub(t.c.Now())
}

// over has a time pass, at the end of which what is over goes.
func (t rig) over(d time.Duration) time.Duration {
	t.Helper()
	t.c.Pass(d - time.Hour)
	t.tidies()
	t.c.Pass(time.Hour)
	return t.tidies()
}

// gone reports whether an upload is there no more.
func (t rig) gone(f *store.Files, a cases.Attachment) bool {
	t.Helper()
	r, err := f.Open(ctx, store.SubjectOf(a.Ref), a.Ref)
	if errors.Is(err, store.ErrNotFound) {
		return true
	}
	t.must(err)
	t.must(r.Close())
	return false
}

func uploadGoes(t rig) {
	f, dir := t.folder()
	t.want(t.tidies(), time.Duration(0))
	_, a := t.uploads(f, "a", "the contract")
	t.c.Pass(time.Hour)
	_, b := t.uploads(f, "a", "the other page")
	t.want(t.tidies(), 22*time.Hour)
	t.c.Pass(22 * time.Hour)
	t.want(t.tidies(), time.Hour)
	t.c.Pass(time.Hour - time.Second)
	t.want(t.tidies(), time.Second)
	t.want(t.reads(f, a), "the contract")
	t.c.Pass(time.Second)
	t.want(t.tidies(), time.Hour)
	t.want(show(t.gone(f, a), t.gone(f, b), len(t.names(dir))), "true false 1")
	t.c.Pass(time.Hour)
	t.want(t.tidies(), time.Duration(0))
	t.want(show(t.gone(f, b), len(t.names(dir)), t.checked(false)), show(true, 0, ""))
	t.want(t.part(store.RecordPart, "upload").ID, "")
}

// uploadJumps sets the clock forward while a form comes in.
func uploadJumps(t rig) {
	f, _ := t.folder()
	name, a := t.uploads(f, "a", "the contract")
	t.c.Pass(400 * dayLong)
	t.want(show(t.tidies(), t.gone(f, a)), show(time.Hour, false))
	t.attaches("a", "1", name, store.Outcome{Fetch: []store.Fetch{{Media: channels.Media{Ref: name}}}})
	t.c.Pass(time.Hour)
	t.want(show(t.tidies(), t.gone(f, a)), show(time.Hour, false))
	t.want(t.fetches()[0].Media.Ref, name)
}

// uploadsGo has two processes tidy at once.
func uploadsGo(t rig) {
	f, dir := t.folder()
	other, err := store.New(t.b, store.Key{1}, t.c.Now)
	t.must(err)
	shelf, err := store.OpenFolder(dir)
	t.must(err)
	t.Cleanup(func() { shelf.Close() })
	other.UseFiles(shelf)
	for range 25 {
		t.uploads(f, "a", "old")
	}
	t.c.Pass(dayLong)
	for range 3 {
		t.tidies()
	}
	t.want(len(t.names(dir)), 25)
	_, fresh := t.uploads(f, "a", "new")
	t.c.Pass(time.Hour)
	var wg sync.WaitGroup
	for _, s := range []*store.Store{t.s, other, t.s, other} {
		wg.Go(func() {
			for {
				next, err := s.Tidy(ctx, 4)
				if err != nil {
					t.Errorf("two at once: %v", err)
				}
				if err != nil || next.After(t.c.Now()) {
					return
				}
			}
		})
	}
	wg.Wait()
	t.want(show(len(t.names(dir)), t.reads(f, fresh), t.checked(false)), show(1, "new", ""))
}

func uploadRefused(t rig) {
	f, dir := t.folder()
	broken := errors.New("connection lost")
	for _, r := range []io.Reader{bytes.NewReader(content(101)), io.MultiReader(bytes.NewReader(content(50)), iotest.ErrReader(broken))} {
		_, _, err := f.Upload(ctx, event("a", "").From, r, "image/jpeg", 100)
		t.want(errors.Is(err, store.ErrTooBig) || errors.Is(err, broken), true)
	}
	t.want(show(len(t.names(dir)), t.part(store.RecordPart, "upload").ID), show(0, ""))
	t.want(t.tidies(), time.Duration(0))
}

// uploadWaits has days go by before the event that names an upload has its
// turn, and more before the download.
func uploadWaits(t rig) {
	f, _ := t.folder()
	name, a := t.uploads(f, "a", "the contract")
	e := event("a", "1")
	e.Media = []channels.Media{{Ref: name, Type: "image/jpeg"}}
	t.must(t.s.Receive(ctx, e))
	t.want(t.over(2*dayLong), time.Hour)
	t.next()
	t.c.Pass(time.Hour)
	t.want(t.tidies(), time.Hour) // while somebody has the turn
	turn := t.next()
	t.end(turn, store.Outcome{Fetch: []store.Fetch{{Media: e.Media[0], Case: "c"}}})
	t.c.Pass(2 * dayLong)
	t.want(t.tidies(), time.Hour)
	j := t.fetches()[0]
	t.want(j.Media.Ref, name)
	t.must(t.s.SettleFetch(ctx, j, store.Fetched{Retry: t.c.Now().Add(2 * dayLong)}))
	t.c.Pass(2 * dayLong)
	t.want(t.tidies(), time.Hour)
	j = t.fetches()[0]
	kept := t.puts(f, j, t.reads(f, a))
	t.c.Pass(dayLong)
	t.want(t.tidies(), time.Hour) // while somebody downloads
	j = t.fetches()[0]
	t.must(t.s.SettleFetch(ctx, j, store.Fetched{Attachment: kept}))
	t.c.Pass(time.Hour)
	t.want(t.tidies(), time.Duration(0))
	t.want(show(t.gone(f, a), t.reads(f, *kept)), "true the contract")
}

func uploadAsked(t rig) {
	f, _ := t.folder()
	name, a := t.uploads(f, "a", "the contract")
	refused, b := t.uploads(f, "b", "a letter")
	early := func(name string) store.Outcome {
		return store.Outcome{Session: flows.Session{Early: []cases.Part{{Media: []cases.Attachment{{Ref: name}}}}}}
	}
	t.attaches("a", "1", name, early(name))
	t.attaches("b", "2", refused, early(refused))
	t.want(t.over(10*dayLong), time.Hour)
	t.want(show(t.gone(f, a), t.gone(f, b)), "false false")
	t.must(t.s.Receive(ctx, event("a", "3"), event("b", "4")))
	for range 2 {
		turn, o := t.next(), store.Outcome{}
		if turn.With.User == "a" {
			o.Fetch = []store.Fetch{{Media: channels.Media{Ref: name}}}
		}
		t.end(turn, o)
	}
	t.c.Pass(time.Hour)
	t.want(t.tidies(), time.Hour)
	t.want(show(t.gone(f, a), t.gone(f, b)), "false true")
	t.want(t.fetches()[0].Media.Ref, name)
}

func uploadCopied(t rig) {
	f, _ := t.folder()
	name, a := t.uploads(f, "a", "the contract")
	t.attaches("a", "1", name, store.Outcome{Session: flows.Session{Draft: draft(name)}, Fetch: []store.Fetch{{Media: channels.Media{Ref: name}, Case: "c"}}})
	j := t.fetches()[0]
	kept := t.puts(f, j, t.reads(f, a))
	t.must(t.s.SettleFetch(ctx, j, store.Fetched{Attachment: kept}))
	t.want(t.over(dayLong), time.Duration(0))
	t.want(show(t.gone(f, a), t.reads(f, *kept)), "true the contract")
}

func uploadErased(t rig) {
	f, _ := t.folder()
	_, a := t.uploads(f, "a", "the contract")
	_, b := t.uploads(f, "b", "another's")
	t.tells("a", "1")
	t.tells("b", "2")
	t.c.Pass(30 * time.Minute)
	_, c := t.uploads(f, "a", "the other page")
	t.must(t.s.Erase(ctx, event("a", "").From, store.Chat))
	for range 3 {
		t.want(t.tidies(), 30*time.Minute)
		t.c.Pass(30 * time.Minute)
	}
	t.want(t.tidies(), 30*time.Minute)
	t.want(show(t.gone(f, a), t.gone(f, c), t.gone(f, b)), "true false false")
	t.c.Pass(30 * time.Minute)
	t.want(t.tidies(), 20*time.Hour+30*time.Minute)
	t.want(show(t.gone(f, c), t.gone(f, b)), "true false")
}

// uploadAdopted has a file whose record there never was, beside an upload and
// what a conversation keeps.
func uploadAdopted(t rig) {
	f, _ := t.folder()
	_, theirs := t.told(f)
	_, upload := t.uploads(f, "b", "x")
	a, _, err := f.Put(ctx, store.SubjectOf(upload.Ref), strings.NewReader("of an older version"), 1<<20)
	t.must(err)
	t.must(t.s.Adopt(ctx))
	t.over(3 * dayLong)
	t.must(t.s.Adopt(ctx))
	t.want(t.tidies(), 4*dayLong)
	t.want(t.reads(f, a), "of an older version")
	t.want(t.over(4*dayLong+time.Hour), time.Duration(0))
	t.want(show(t.gone(f, a), t.reads(f, theirs), t.checked(false)), show(true, "the contract", ""))
}

func uploadChecked(t rig) {
	f, dir := t.folder()
	t.uploads(f, "a", "the contract")
	sum, err := t.s.Check(ctx, false, func(line string) { t.Error(line) })
	t.must(err)
	t.want(sum.Files, 1)
	file := t.names(dir)[0]
	whole, err := os.ReadFile(file)
	t.must(err)
	t.must(os.WriteFile(file, whole[:len(whole)-1], 0o600))
	name, err := filepath.Rel(dir, file)
	t.must(err)
	t.want(t.checked(false), "attachment files/"+filepath.ToSlash(name)+" was changed or cut off: put the file back from a backup, or go on without it")
	t.must(os.Remove(file)) // as it is before it has come, and while it goes
	t.want(t.checked(false), "")
	t.want(t.over(dayLong), time.Duration(0))
	sum, err = t.s.Check(ctx, false, func(line string) { t.Error(line) })
	t.must(err)
	t.want(sum.Files, 0)
}
