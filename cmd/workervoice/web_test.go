package main

import (
	"bufio"
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/textproto"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A phone is a worker's browser without scripts.
type phone struct {
	*testing.T
	http http.Client
	base string
	page string
}

func newPhone(t *testing.T, base string) *phone {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &phone{T: t, http: http.Client{Jar: jar}, base: base}
}

// open looks at the chat.
func (p *phone) open() {
	p.Helper()
	r, err := p.http.Get(p.base + "/w")
	if err != nil {
		p.Fatal(err)
	}
	p.read(r)
}

func (p *phone) read(r *http.Response) {
	p.Helper()
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		p.Fatal(err)
	}
	if p.page = string(b); r.StatusCode != 200 {
		p.Fatalf("status %d: %s", r.StatusCode, p.page)
	}
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)"`)

// send submits the form of the page, with a button, words or a voice note.
func (p *phone) send(field, value string) {
	p.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, m := range hidden.FindAllStringSubmatch(p.page, -1) {
		if err := w.WriteField(m[1], m[2]); err != nil {
			p.Fatal(err)
		}
	}
	var part io.Writer
	var err error
	if field == "voice" {
		part, err = w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="voice"; filename="a.webm"`}, "Content-Type": {"audio/webm"}})
	} else {
		part, err = w.CreateFormField(field)
	}
	if err != nil {
		p.Fatal(err)
	}
	if _, err := io.WriteString(part, value); err != nil {
		p.Fatal(err)
	}
	if err := w.Close(); err != nil {
		p.Fatal(err)
	}
	req, err := http.NewRequest("POST", p.base+"/w", &b)
	if err != nil {
		p.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	r, err := p.http.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	p.read(r)
}

// press presses a button that must be on the page.
func (p *phone) press(value string) {
	p.Helper()
	if !strings.Contains(p.page, `value="`+value+`"`) {
		p.Fatalf("there is no button %s on the page: %s", value, p.page)
	}
	p.send("choice", value)
}

func (p *phone) must(text string) {
	p.Helper()
	if !strings.Contains(p.page, text) {
		p.Fatalf("%q is not on the page: %s", text, p.page)
	}
}

// program runs the real binary on a data folder until it is killed.
func program(t *testing.T, data string, args ...string) (base string, kill func()) {
	t.Helper()
	c := exec.Command(build(t), append([]string{"serve", "-data", data, "-addr", "127.0.0.1:0"}, args...)...)
	c.Env = []string{"HOME=" + data, "PATH=" + os.Getenv("PATH")}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() { c.Process.Kill(); c.Wait() } //nolint:errcheck // dead is dead
	t.Cleanup(kill)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, at, ok := strings.Cut(lines.Text(), "http://"); ok {
			go io.Copy(io.Discard, out) //nolint:errcheck // nobody reads on
			u, err := url.Parse("http://" + at)
			if err != nil {
				t.Fatal(err)
			}
			return "http://" + u.Host, kill
		}
	}
	t.Fatal("the program did not say where it is")
	return "", nil
}

// TestWebReport is a whole report in Burmese on the web chat of the real
// program, without scripts, killed in the middle with -9: the same chat goes
// on, with the voice note that was sent before.
func TestWebReport(t *testing.T) {
	data := t.TempDir()
	base, kill := program(t, data)
	p := newPhone(t, base)
	p.open()
	for _, b := range []string{"language:my", "safety:yes", "consent:agree", "menu:report", "problem:pay"} {
		p.press(b)
	}
	p.must("လစာ နောက်ကျတယ်")
	kill()
	jar := p.http.Jar
	base2, kill2 := program(t, data)
	u1, _ := url.Parse(base)
	u2, _ := url.Parse(base2)
	p = newPhone(t, base2)
	p.http.Jar.SetCookies(u2, jar.Cookies(u1)) // the port is another, the browser the same
	p.open()
	p.must("လစာ နောက်ကျတယ်")
	p.press("sub:pay.late")
	p.press("more:no_more")
	p.press("quick:answer_now")
	sound := "\x1aE\xdf\xa3" + strings.Repeat("sound ", 20_000)
	p.send("voice", sound)
	p.must(`value="story:done"`)
	p.press("story:done")
	p.send("text", "menu")
	p.press("menu:draft")
	p.press("quick:send_now")
	number := regexp.MustCompile(`[A-Z2-9]{3}-[A-Z2-9]{3}`).FindString(p.page)
	if number == "" {
		t.Fatal("there is no number on the receipt: ", p.page)
	}
	src := regexp.MustCompile(`<audio[^>]* src="([^"]+)"`).FindStringSubmatch(p.page)
	if src == nil {
		t.Fatal("the voice note is not on the page: ", p.page)
	}
	r, err := p.http.Get(base2 + src[1])
	if err != nil {
		t.Fatal(err)
	}
	p.read(r)
	if p.page != sound {
		t.Errorf("the voice note came back with %d bytes", len(p.page))
	}
	if r, err := http.Get(base2 + src[1]); err != nil || r.StatusCode != http.StatusNotFound {
		t.Error("a stranger got the voice note", r.StatusCode, err)
	}
	kill2()
	sealedUp(t, data, "လစာ", "sound sound", number)
}

// sealedUp fails if anything of what was said stands readable in the folder.
func sealedUp(t *testing.T, dir string, secrets ...string) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, s := range secrets {
			if bytes.Contains(b, []byte(s)) {
				t.Errorf("%q stands readable in %s", s, d.Name())
			}
		}
		n++
		return err
	})
	if err != nil || n < 3 {
		t.Fatal("the folder was not read: ", n, err)
	}
}
