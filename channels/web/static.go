package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed static templates
var files embed.FS

// An asset is a file of the page that never changes under its name.
type asset struct {
	href   string // with a digest of the content
	mt     string
	plain  []byte
	zipped []byte
}

var (
	assets = loadAssets()
	pages  = template.Must(template.New("").Funcs(template.FuncMap{
		"asset": func(name string) string { return assets[name].href },
	}).ParseFS(files, "templates/*.html"))
)

// loadAssets names and packs what lies in static.
func loadAssets() map[string]asset {
	as := map[string]asset{}
	list, _ := files.ReadDir("static") // embedded: is there
	for _, e := range list {
		b, _ := files.ReadFile("static/" + e.Name())
		sum := sha256.Sum256(b)
		ext := path.Ext(e.Name())
		as[e.Name()] = asset{
			href:   "/w/s/" + strings.TrimSuffix(e.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext,
			mt:     mime.TypeByExtension(ext),
			plain:  b,
			zipped: zip(b),
		}
	}
	return as
}

func zip(b []byte) []byte {
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression) // the level exists
	_, _ = w.Write(b)                                     // a Buffer takes all
	_ = w.Close()
	return z.Bytes()
}

// static serves the page's style, script and picture.
func (a *Adapter) static(w http.ResponseWriter, r *http.Request) {
	for _, s := range assets {
		if s.href == r.URL.Path {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			w.Header().Set("Content-Type", s.mt)
			send(w, r, http.StatusOK, s.plain, s.zipped)
			return
		}
	}
	http.NotFound(w, r)
}

// send answers with plain, or with zipped where the browser takes it.
func send(w http.ResponseWriter, r *http.Request, status int, plain, zipped []byte) {
	w.Header().Add("Vary", "Accept-Encoding")
	if zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		plain = zipped
	}
	w.WriteHeader(status)
	_, _ = w.Write(plain) // a browser that has gone needs no answer
}
