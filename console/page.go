package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed static templates
var files embed.FS

// An asset is a file of the pages that never changes under its name.
type asset struct {
	href          string // with a digest of the content
	mt            string
	plain, zipped []byte
}

var assets = loadAssets()

func loadAssets() map[string]asset {
	as := map[string]asset{}
	list, _ := files.ReadDir("static") // embedded: is there
	for _, e := range list {
		b, _ := files.ReadFile("static/" + e.Name())
		sum := sha256.Sum256(b)
		ext := path.Ext(e.Name())
		as[e.Name()] = asset{
			href:   "/a/" + strings.TrimSuffix(e.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext,
			mt:     mime.TypeByExtension(ext),
			plain:  b,
			zipped: zip(b),
		}
	}
	return as
}

// zip packs what is packed once and sent again and again.
func zip(b []byte) []byte {
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression) // the level exists
	_, _ = w.Write(b)                                     // a Buffer takes all
	_ = w.Close()
	return z.Bytes()
}

// zippers pack what is sent once: a writer is dear to make, and the best level
// takes longer than the page.
var zippers = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level exists
	return w
}}

// zipOnce packs a page for a browser that takes it so; else it returns nil.
func zipOnce(r *http.Request, b []byte) []byte {
	if !takesZip(r) {
		return nil
	}
	w := zippers.Get().(*gzip.Writer)
	defer zippers.Put(w)
	z := bytes.NewBuffer(make([]byte, 0, len(b)/4))
	w.Reset(z)
	_, _ = w.Write(b) // a Buffer takes all
	_ = w.Close()
	return z.Bytes()
}

func takesZip(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") }

func static(w http.ResponseWriter, r *http.Request) {
	for _, a := range assets {
		if a.href == r.URL.Path {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			w.Header().Set("Content-Type", a.mt)
			send(w, r, http.StatusOK, a.plain, a.zipped)
			return
		}
	}
	http.NotFound(w, r)
}

// A page is what all pages show.
type page struct {
	Lang  string
	Name  string
	texts func(lang, key string) string
}

func (s *server) page(r *http.Request, lang string) page {
	return page{s.lang(r, lang), s.Name, s.Texts}
}

// T returns words in the page's language.
func (p page) T(key string) string { return p.texts(p.Lang, key) }

// In returns words in another language.
func (p page) In(lang, key string) string { return p.texts(lang, key) }

// show answers with a page.
func (s *server) show(w http.ResponseWriter, r *http.Request, status int, name string, v any) {
	var b bytes.Buffer
	if err := publicPages.ExecuteTemplate(&b, name, v); err != nil {
		s.Log.Error("console: a page cannot be shown", "page", name, "err", err)
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Add("Vary", "Accept-Language")
	send(w, r, status, b.Bytes(), zipOnce(r, b.Bytes()))
}

// send answers with plain, or with zipped where there is such and the browser
// takes it.
func send(w http.ResponseWriter, r *http.Request, status int, plain, zipped []byte) {
	w.Header().Add("Vary", "Accept-Encoding")
	if zipped != nil && takesZip(r) {
		w.Header().Set("Content-Encoding", "gzip")
		plain = zipped
	}
	w.WriteHeader(status)
	_, _ = w.Write(plain) // a browser that has gone needs no answer
}
