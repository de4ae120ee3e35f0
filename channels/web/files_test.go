package web

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"workervoice/channels"
)

var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")

func jpeg(n byte) []byte { return []byte{0xFF, 0xD8, 0xFF, 0xE0, n, n, n} }

func iso(brand string) []byte { return []byte("\x00\x00\x00\x18ftyp" + brand + "\x00\x00\x00\x00") }

func TestMediaType(t *testing.T) {
	for _, c := range []struct {
		claimed string
		voice   bool
		head    string
		want    string
	}{
		{"image/jpeg", false, "\xFF\xD8\xFF\xE1", "image/jpeg"},
		{"image/png", false, string(png), "image/png"},
		{"", false, "RIFF\x00\x00\x00\x00WEBPVP8L", "image/webp"},
		{"", false, string(iso("heic")), "image/heic"},
		{"image/jpeg", false, string(iso("mif1")), "image/heic"},
		{"audio/webm;codecs=opus", true, "\x1A\x45\xDF\xA3", "audio/webm"},
		{"video/webm", false, "\x1A\x45\xDF\xA3", "video/webm"},
		{"audio/ogg", false, "OggS\x00", "audio/ogg"},
		{"audio/mp4", true, string(iso("iso5")), "audio/mp4"},
		{"application/octet-stream", false, string(iso("M4A ")), "audio/mp4"},
		{"video/mp4", false, string(iso("isom")), "video/mp4"},
		{"video/3gpp", false, string(iso("3gp4")), "video/3gpp"},
		{"audio/3gpp", true, string(iso("3gp5")), "audio/3gpp"},
		{"", false, "#!AMR\n", "audio/amr"},
		{"audio/aac", false, "\xFF\xF1\x50\x80", "audio/aac"},
		{"audio/mpeg", false, "\xFF\xFB\x90\x64", "audio/mpeg"},
		{"audio/mpeg", false, "ID3\x04", "audio/mpeg"},
		{"audio/wav", false, "RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"},
		{"", false, "%PDF-1.7", "application/pdf"},

		{"image/jpeg", false, "<html><script>", ""},
		{"image/png", false, "<svg xmlns=", ""},
		{"image/gif", false, "GIF89a", ""},
		{"audio/mpeg", true, "MZ\x90\x00", ""},
		{"application/zip", false, "PK\x03\x04", ""},
		{"video/quicktime", false, string(iso("qt  ")), ""},
		{"text/plain", false, "\xFF\xFEh\x00", ""},
		{"image/jpeg", false, "", ""},
	} {
		got, ok := mediaType(c.claimed, c.voice, []byte(c.head))
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%q claimed as %q: %q, %v, want %q", c.head, c.claimed, got, ok, c.want)
		}
		if mt, _ := served(got); ok && mt != got {
			t.Errorf("%s is taken but sent back as %s", got, mt)
		}
	}
}

func TestAttachments(t *testing.T) {
	s := newSite(t, nil)
	page := s.begin()
	voice := append([]byte("\x1A\x45\xDF\xA3"), bytes.Repeat([]byte("sound"), 1000)...)
	s.post(append(fields(page.body), "text", "the gate", "seconds", "16"),
		upload{"photo", `C:\fakepath\ဂိတ်.jpg`, "image/jpeg", jpeg(1)},
		upload{"voice", "voice", "audio/webm;codecs=opus", voice}).must(t, 303)
	e := s.b.last()
	if e.Text != "the gate" || len(e.Media) != 2 {
		t.Fatalf("text %q with %d files", e.Text, len(e.Media))
	}
	if m := e.Media[0]; m.Type != "image/jpeg" || m.Name != "ဂိတ်.jpg" || m.Size != 7 || m.Voice || m.Seconds != 0 {
		t.Errorf("photo: %s %q %d %v %d", m.Type, m.Name, m.Size, m.Voice, m.Seconds)
	}
	if m := e.Media[1]; m.Type != "audio/webm" || !m.Voice || m.Seconds != 16 || m.Size != int64(len(voice)) {
		t.Errorf("voice: %s %v %d %d", m.Type, m.Voice, m.Seconds, m.Size)
	}
	s.get("/w").must(t, 200, `src="/w/f/f2"`, "0:16", `href="/w/f/f1"`)

	rc, err := s.a.Fetch(t.Context(), e.Media[1])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(rc); err != nil || !bytes.Equal(got, voice) {
		t.Errorf("fetched %d bytes, %v", len(got), err)
	}
	var gone *channels.SendError
	if _, err := s.a.Fetch(t.Context(), channels.Media{Ref: "f99"}); !as(err, &gone) || gone.Reason != channels.Rejected {
		t.Errorf("fetching what is gone: %v", err)
	}
}

func TestAttachmentIsSentBackOnlyToItsOwner(t *testing.T) {
	s := newSite(t, nil)
	page := s.begin()
	content := append([]byte("\x1A\x45\xDF\xA3"), "0123456789"...)
	s.post(fields(page.body), upload{"voice", "v", "audio/webm", content}).must(t, 303)
	s.post(fields(page.body), upload{"photo", "contract.pdf", "application/pdf", []byte("%PDF-1.4 secret")}).must(t, 303)

	a := s.get("/w/f/f1").must(t, 200)
	h := a.Header
	if a.body != string(content) || h.Get("Content-Type") != "audio/webm" || h.Get("Content-Disposition") != "inline" ||
		h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", h)
	}
	if d := s.get("/w/f/f2").Header; d.Get("Content-Disposition") != "attachment" || d.Get("Content-Type") != "application/pdf" {
		t.Errorf("a document is shown: %v", d)
	}
	r := s.request("GET", "/w/f/f1", nil)
	r.Header.Set("Range", "bytes=6-8")
	if p := s.do(r).must(t, 206); p.body != "234" {
		t.Errorf("a part of the sound: %q", p.body)
	}
	s.http = browser(t)
	s.get("/w/f/f1").must(t, 404)
	s.get("/w")
	s.get("/w/f/f1").must(t, 404)
	s.b.blind = true
	s.get("/w/f/f1").must(t, 503)
}

func TestRefusedFiles(t *testing.T) {
	s := newSite(t, nil)
	page := s.begin()
	f := append(fields(page.body), "text", "see this")
	n := len(s.b.events)
	exe := upload{"photo", "salary.jpg", "image/jpeg", []byte("MZ\x90\x00")}
	big := upload{"photo", "film.mp4", "video/mp4", append(iso("isom"), make([]byte, MaxFile)...)}
	full := upload{"photo", "film.mp4", "video/mp4", append(iso("isom"), make([]byte, MaxFile-len(iso("isom")))...)}

	s.post(f, exe).must(t, 422, "web.wrong_type/en", "see this</textarea>")
	s.post(f, big).must(t, 422, "web.too_big/en", "see this</textarea>")
	if len(s.b.events) != n || len(s.b.files) != 0 {
		t.Errorf("%d events and %d files of what was refused", len(s.b.events)-n, len(s.b.files))
	}
	if a := s.post(f, exe, upload{"photo", "a.png", "image/png", png}, big).must(t, 422); strings.Contains(a.body, "see this</textarea>") {
		t.Error("words that were sent with the good file stand in the field again")
	}
	if e := s.b.last(); e.Text != "see this" || len(e.Media) != 1 || e.Media[0].Type != "image/png" {
		t.Errorf("beside refused files: text %q and %d files", e.Text, len(e.Media))
	}
	s.post(fields(page.body), full).must(t, 303)
	if m := s.b.last().Media; len(m) != 1 || m[0].Size != MaxFile {
		t.Error("the longest file that is allowed was refused")
	}
	var many []upload
	for i := range byte(MaxFiles + 1) {
		many = append(many, upload{"photo", "p.jpg", "image/jpeg", jpeg(i)})
	}
	s.post(fields(page.body), many...).must(t, 422, "web.too_many/en")
	if m := s.b.last().Media; len(m) != MaxFiles {
		t.Errorf("%d files of too many", len(m))
	}
	s.b.down = true
	s.post(f, upload{"photo", "a.png", "image/png", png}).must(t, 503, "web.try_again/en", "see this</textarea>")
}
