//go:build browser

package chromium

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// page serves one page under a strict policy.
func page(t *testing.T, body string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", "img-src 'none'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><html lang="en"><title>t</title><body>`, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestBrowserComplains(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"script":  {`<script>nothing.there()</script>`, "script: "},
		"console": {`<script>console.log("x")</script>`, "console: log"},
		"policy":  {`<img src="/x.png">`, "security: "},
	} {
		t.Run(name, func(t *testing.T) {
			w := Open(t, page(t, c.body+`<p id="p">here</p>`), Look{Width: 390, Height: 844})
			w.Visit("/")
			w.Shows("#p")
			if got := strings.Join(w.Complaints(), "\n"); !strings.Contains(got, c.want) {
				t.Errorf("complaints: %q, want %q", got, c.want)
			}
		})
	}
}

func TestBrowserJudges(t *testing.T) {
	w := Open(t, page(t, `
<h1>One</h1>
<p style="color:#aaa">pale</p>
<p style="font-size:9px">tiny</p>
<p lang="en">မြန်မာ</p>
<button style="width:9px;height:9px"></button>
<div style="width:2000px">wide</div>`), Look{Width: 390, Height: 844})
	w.Visit("/")
	w.Shows("h1")
	got := strings.Join(w.Judged(), "\n")
	for _, want := range []string{"contrast 2.32: P. pale", "smaller than 12: P. tiny", "marked en: P. မြန်မာ", "has no name: BUTTON.", "too small to press", "scrolls sideways"} {
		if !strings.Contains(got, want) {
			t.Errorf("it found\n%s\nand not %q", got, want)
		}
	}
	w = Open(t, page(t, `<main><h1>One</h1><p>plain</p></main>`), Look{Width: 1440, Height: 900})
	w.Visit("/")
	w.Shows("h1")
	w.Sound("a plain page")
	w.Done()
}

func TestBrowserHand(t *testing.T) {
	w := Open(t, page(t, `
<p id="p" hidden>shown</p>
<input id="i"><select id="s"><option value="1">one<option value="2">two</select>
<button id="b" onclick="document.getElementById('p').hidden = false">Go</button>
<a id="a" href="/?2">on</a>`), Look{Width: 390, Height: 844})
	w.Visit("/")
	w.Lacks("shown")
	w.Press("#b")
	w.Finds("shown")
	w.Types("#i", "ဟယ်လို")
	w.Sets("#s", "2")
	if got := Eval[string](w, `document.getElementById('i').value + document.getElementById('s').value`); got != "ဟယ်လို2" {
		t.Errorf("the boxes hold %q", got)
	}
	w.Stays()()
	w.Leads("#a")
	w.Lacks("shown")
	if w.Has("#none") || !w.Has("#p") || Eval[int](w, "devicePixelRatio") != 2 || w.Bytes() == 0 {
		t.Error("the window does not know what it shows")
	}
	w.Become(Look{Width: 800, Height: 600, Dark: true, NoScripts: true})
	w.Visit("/")
	if !Eval[bool](w, "matchMedia('(prefers-color-scheme: dark)').matches && innerWidth === 800") {
		t.Error("the look is not the one that was asked for")
	}
	w.Press("#b")
	w.Lacks("shown")
	w.Done()
}
