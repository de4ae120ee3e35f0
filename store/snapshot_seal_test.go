package store

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func secretOf(t *testing.T, text string) Secret {
	t.Helper()
	s, err := ParseSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sealedBy(t *testing.T, s Secret, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := s.Seal(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func openedBy(s Secret, b []byte) ([]byte, error) {
	r, err := s.Open(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// TestSecrets seals with each kind of secret and opens with what opens it.
func TestSecrets(t *testing.T) {
	text, err := NewSecret()
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewSecret()
	if err != nil {
		t.Fatal(err)
	}
	own := secretOf(t, text)
	_, public, _ := strings.Cut(text, "this line: ")
	public, _, _ = strings.Cut(public, "\n")
	giver := secretOf(t, public)
	phrase := secretOf(t, "\n  six words that nobody will guess \n")
	plain := make([]byte, 200_000)
	rand.Read(plain)
	for name, c := range map[string]struct {
		by, with Secret
		want     error
	}{
		"key": {own, own, nil}, "recipient": {giver, own, nil}, "passphrase": {phrase, secretOf(t, "six words that nobody will guess"), nil},
		"another key": {own, secretOf(t, other), ErrSecret}, "another phrase": {phrase, secretOf(t, "six words that nobody will guess!"), ErrSecret},
		"phrase for key": {own, phrase, ErrSecret},
	} {
		got, err := openedBy(c.with, sealedBy(t, c.by, plain))
		if !errors.Is(err, c.want) || err == nil && !bytes.Equal(got, plain) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := openedBy(giver, sealedBy(t, giver, plain)); err == nil || !strings.Contains(err.Error(), "only makes backups") {
		t.Error(err)
	}
	for _, bad := range []string{"", "# nothing\n", "too short", "AGE-SECRET-KEY-1QQQ", "age1qqq", "two lines of a\npassphrase are not one"} {
		if _, err := ParseSecret(bad); err == nil || strings.Contains(err.Error(), "QQQ") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestEveryBit flips each bit of a small backup in turn, cuts it at each length
// and exchanges the parts of a long one: nothing of it is taken for whole.
func TestEveryBit(t *testing.T) {
	text, err := NewSecret()
	if err != nil {
		t.Fatal(err)
	}
	own := secretOf(t, text)
	small := sealedBy(t, own, []byte("a snapshot"))
	for i := range small {
		b := slices.Clone(small)
		b[i] ^= 1 << (i % 8)
		if _, err := openedBy(own, b); err == nil {
			t.Errorf("byte %d of %d may be changed", i, len(small))
		}
		if _, err := openedBy(own, small[:i]); err == nil {
			t.Errorf("it may be cut at %d", i)
		}
	}
	const part = 64<<10 + 16 // of an age stream
	plain := make([]byte, 4*(64<<10)+100)
	rand.Read(plain)
	long := sealedBy(t, own, plain)
	at := len(long) - 4*part - 116
	swapped := slices.Concat(long[:at], long[at+part:at+2*part], long[at:at+part], long[at+2*part:])
	without := slices.Concat(long[:at], long[at+part:])
	twice := slices.Concat(long[:at+part], long[at:])
	short := long[:at+2*part]
	for name, b := range map[string][]byte{"swapped": swapped, "left out": without, "twice": twice, "cut": short, "longer": append(slices.Clone(long), 1)} {
		if _, err := openedBy(own, b); !errors.Is(err, ErrCut) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := openedBy(own, bytes.Replace(small, []byte("backup 1"), []byte("backup 2"), 1)); err == nil || !strings.Contains(err.Error(), "newer program") {
		t.Error(err)
	}
	if _, err := openedBy(own, []byte("SQLite format 3")); !errors.Is(err, ErrNoBackup) {
		t.Error(err)
	}
}

// FuzzFrames reads nonsense as frames: it fails in words, and asks for no more
// memory than there is to read.
func FuzzFrames(f *testing.F) {
	var b bytes.Buffer
	w := &framed{w: bufioWriter(&b)}
	for _, p := range []Part{{What: RecordPart, Shard: 3, Kind: "k", ID: "a", N: 7, Body: []byte("x")}, {What: MarkPart, Shard: everyShard, Name: "m", N: -1},
		{What: PlacePart, Name: "x", N: -5, Kind: "k", ID: "a", Gone: true}, {What: EntryPart, Name: "l", Body: make([]byte, 100_000)}} {
		if err := w.write(p); err != nil {
			f.Fatal(err)
		}
	}
	if err := w.end(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte{2, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Add([]byte{8, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 31})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &frames{r: bufioReader(b)}
		for {
			p, err := r.next()
			if err == io.EOF {
				break
			}
			if err != nil {
				if !errors.Is(err, ErrCut) {
					t.Fatal(err)
				}
				return
			}
			if len(p.Body) > len(b) || p.Shard > everyShard {
				t.Fatalf("%d bytes from %d", len(p.Body), len(b))
			}
		}
		// what is whole reads the same when it is written again
		var again bytes.Buffer
		w := &framed{w: bufioWriter(&again)}
		for r := (&frames{r: bufioReader(b)}); ; {
			p, err := r.next()
			if err == io.EOF {
				break
			}
			if err := w.write(p); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.end(); err != nil {
			t.Fatal(err)
		}
		if r := (&frames{r: bufioReader(again.Bytes())}); r.count() != w.n-1 {
			t.Fatalf("%d parts became %d", w.n-1, r.count())
		}
	})
}

func bufioWriter(w io.Writer) *bufio.Writer { return bufio.NewWriter(w) }
func bufioReader(b []byte) *bufio.Reader    { return bufio.NewReader(bytes.NewReader(b)) }

func (f *frames) count() int64 {
	for {
		if _, err := f.next(); err != nil {
			return f.n
		}
	}
}

// TestHeads refuses snapshots of another shape in a line that says what to do.
func TestHeads(t *testing.T) {
	for head, want := range map[string]string{
		`{"Format":1,"Schema":99,"Shards":64}`: "newer program",
		`{"Format":9,"Schema":1,"Shards":64}`:  "newer program",
		`{"Format":1,"Schema":1,"Shards":32}`:  "32 shards",
		`{"Format":`:                           "damaged or cut off",
		``:                                     "damaged or cut off",
	} {
		_, _, err := openedSnapshot(bytes.NewReader(append([]byte{byte(len(head))}, head...)))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", head, err)
		}
	}
}
