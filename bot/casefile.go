package bot

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime"
	"time"

	"workervoice/cases"
	"workervoice/flows"
	"workervoice/store"
)

// AddEvidence keeps something that a caseworker adds to a case, with a note.
func (e *Engine) AddEvidence(ctx context.Context, by cases.Caseworker, id cases.ID, key, note, kind string, r io.Reader) (cases.Attachment, error) {
	subject, err := e.Store.EvidenceSubject(ctx, by, id)
	if err != nil {
		return cases.Attachment{}, err
	}
	a, sum, err := e.Files.Put(ctx, subject, r, maxAttachment)
	if err != nil {
		return a, err
	}
	a.Sum, a.Type = sum, kind
	_, err = e.Do(ctx, by, cases.Entry{Key: key, Case: id, Kind: cases.Noted, Text: note, Media: []cases.Attachment{a}})
	return a, err
}

// CopyEvidence writes a working copy of something attached to a case: what may
// leave the system. That it was made is noted.
func (e *Engine) CopyEvidence(ctx context.Context, by cases.Caseworker, id cases.ID, place int64, ref string, w io.Writer) (Copied, error) {
	a, err := e.Store.Exhibit(ctx, by, id, place, ref, "copied")
	if err != nil {
		return Copied{}, err
	}
	return e.copied(ctx, a, w)
}

func (e *Engine) copied(ctx context.Context, a cases.Attachment, w io.Writer) (Copied, error) {
	r, err := e.Files.Open(ctx, store.SubjectOf(a.Ref), a.Ref)
	if err != nil {
		return Copied{}, err
	}
	defer r.Close() //nolint:errcheck // it was read to its end or is of no use
	return Copy(w, r)
}

// Letter makes a letter about a case, or says what in the words added could
// tell who a worker is. That it was made joins the timeline, without its text.
func (e *Engine) Letter(ctx context.Context, by cases.Caseworker, id cases.ID, key string, w flows.Wanted) (flows.Page, []flows.Found, error) {
	org, err := e.Store.Organisation(ctx, by.Org)
	if err != nil {
		return flows.Page{}, nil, err
	}
	c, agreed, told, err := e.Store.LetterFacts(ctx, by, id)
	if err != nil {
		return flows.Page{}, nil, err
	}
	l, found, err := flows.LetterTo(c, agreed, org, w, told, e.Now().In(cases.Zone(c.Country)))
	if err != nil {
		return flows.Page{}, found, err
	}
	if _, err := e.Do(ctx, by, cases.Entry{Key: key, Case: id, Kind: cases.Lettered, With: w.To, Due: w.Due}); err != nil {
		return flows.Page{}, nil, err
	}
	return l.Page(), nil, nil
}

// A manifest lists what is in a case file, with the sums by which each copy and
// its original are known.
type manifest struct {
	Case    string
	Purpose string
	Until   time.Time // the copy is to be destroyed by then
	Made    time.Time
	By      cases.CaseworkerID
	Second  cases.CaseworkerID `json:",omitempty"`
	Files   []filed
}

type filed struct {
	Name     string `json:",omitempty"` // in the archive; none where nothing could be copied
	Type     string
	SHA256   string `json:",omitempty"` // of the copy
	Original string `json:",omitempty"` // SHA-256 of what was received
	At       time.Time
	From     string // "worker" or who added it
	Clean    bool   // nothing but the picture is in it
	Note     string `json:",omitempty"` // what is in it besides, or why there is no copy
}

// ExportCase writes a case file as a ZIP archive: the timeline to be printed,
// working copies of what was attached, and manifest.json. Its purpose and until
// when it is kept stand in it; that it was made is noted. second has agreed,
// where more than ten workers are concerned.
func (e *Engine) ExportCase(ctx context.Context, by cases.Caseworker, id cases.ID, x cases.Export, second cases.Caseworker, w io.Writer) error {
	x.Second = second.ID
	c, err := e.Store.Exported(ctx, by, id, x, second)
	if err != nil {
		return err
	}
	m := manifest{Case: c.Ref, Purpose: x.Purpose, Until: x.Until, Made: e.Now(), By: by.ID, Second: x.Second}
	z := zip.NewWriter(w)
	for from := int64(0); ; {
		es, next, err := e.Store.Evidence(ctx, by, id, from, 50)
		if err != nil {
			return err
		}
		for _, v := range es {
			f, err := e.pack(ctx, z, v, len(m.Files)+1)
			if err != nil {
				return err
			}
			m.Files = append(m.Files, f)
		}
		if next == from || len(es) == 0 {
			break
		}
		from = next
	}
	var page bytes.Buffer
	if err := e.printTimeline(ctx, by, id, m, &page); err != nil {
		return err
	}
	sum := sha256.Sum256(page.Bytes())
	m.Files = append(m.Files, filed{Name: "timeline.html", Type: "text/html", SHA256: hex.EncodeToString(sum[:]), At: m.Made, From: string(by.ID)})
	list, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	for name, b := range map[string][]byte{"timeline.html": page.Bytes(), "manifest.json": list} {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: m.Made})
		if err == nil {
			_, err = f.Write(b)
		}
		if err != nil {
			return err
		}
	}
	return z.Close()
}

// pack adds a working copy of something attached to an archive.
func (e *Engine) pack(ctx context.Context, z *zip.Writer, v cases.Evidence, n int) (filed, error) {
	f := filed{Type: v.Type, Original: v.Sum, At: v.At, From: "worker"}
	if v.By != "" {
		f.From = string(v.By)
	}
	var b bytes.Buffer
	got, err := e.copied(ctx, v.Attachment, &b)
	switch {
	case errors.Is(err, store.ErrNotFound):
		f.Note = "it is gone: the worker took it back, or it could never be downloaded"
		return f, nil
	case errors.Is(err, ErrNoCopy), errors.Is(err, store.ErrDamaged):
		f.Note = err.Error()
		return f, nil
	case err != nil:
		return f, err
	}
	sum := sha256.Sum256(b.Bytes())
	f.Type, f.Clean, f.Note, f.SHA256 = got.Type, got.Clean, got.Why, hex.EncodeToString(sum[:])
	ext := ".bin"
	if es, _ := mime.ExtensionsByType(got.Type); len(es) > 0 {
		ext = es[len(es)-1]
	}
	f.Name = fmt.Sprintf("evidence/%03d%s", n, ext)
	out, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: v.At})
	if err == nil {
		_, err = out.Write(b.Bytes())
	}
	return f, err
}

// timelinePage is drawn by the browser that opens it, which shapes Burmese,
// Khmer and Devanagari as they must be.
var timelinePage = template.Must(template.New("timeline").Parse(`<!doctype html><meta charset="utf-8"><title>Case {{.M.Case}}</title>
<style>body{font:11pt/1.5 "Noto Sans","Noto Sans Myanmar","Noto Sans Khmer","Noto Sans Devanagari","Noto Sans Thai",sans-serif;max-width:45em;margin:2em auto}td{vertical-align:top;padding:.2em .6em}@media print{footer{position:fixed;bottom:0}}</style>
<h1>Case {{.M.Case}}</h1><p>Made {{.M.Made.Format "2 January 2006 15:04 MST"}} by {{.M.By}} for: {{.M.Purpose}}. To be destroyed by {{.M.Until.Format "2 January 2006"}}.</p>
<table>{{range .Entries}}<tr><td>{{.At.Format "2006-01-02 15:04"}}</td><td>{{.Kind}}</td><td>{{.Text}}{{with .Reason}} ({{.}}){{end}}{{with .Report}}{{range .Kinds}} {{.}}{{end}}{{range .Story}}<br>{{.Text}}{{end}}{{end}}</td></tr>
{{end}}</table><h2>Attached</h2><table>{{range .M.Files}}<tr><td>{{.Name}}</td><td>{{.Type}}</td><td><small>{{.Original}}</small> {{.Note}}</td></tr>
{{end}}</table><footer>Confidential · {{.M.Case}} · {{.M.By}} · {{.M.Purpose}} · until {{.M.Until.Format "2006-01-02"}}</footer>
`))

func (e *Engine) printTimeline(ctx context.Context, by cases.Caseworker, id cases.ID, m manifest, w io.Writer) error {
	var all []cases.Entry
	for from := int64(0); ; {
		ns, err := e.Store.Timeline(ctx, by, id, from, 500)
		if err != nil && !errors.Is(err, store.ErrDamaged) {
			return err
		}
		all = append(all, ns...)
		if from += int64(len(ns)); len(ns) < 500 {
			break
		}
	}
	return timelinePage.Execute(w, struct {
		M       manifest
		Entries []cases.Entry
	}{m, all})
}
