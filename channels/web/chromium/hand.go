//go:build browser

package chromium

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// patience is how long a method waits for what is to come.
const patience = 45 * time.Second

// Get runs an action and returns its value.
func Get[T any](w *Window, what string, a chromedp.Action[T]) T {
	w.Helper()
	ctx, stop := context.WithTimeout(w.ctx, patience)
	defer stop()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		w.Fails(what + ": " + err.Error())
	}
	return v
}

// Eval returns what an expression says, also where the page's own scripts are
// off. A promise is waited for.
func Eval[T any](w *Window, js string) T {
	w.Helper()
	return Get(w, js, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
}

// Do carries out statements.
func (w *Window) Do(js string) { w.Helper(); Eval[chromedp.Void](w, js+"; undefined") }

// Visit opens a page of the site. A page that leaves by itself at the same
// moment, since news came, may win: then Visit asks again, as a person would.
func (w *Window) Visit(path string) {
	w.Helper()
	for end := time.Now().Add(patience); ; {
		ctx, stop := context.WithTimeout(w.ctx, patience)
		_, err := chromedp.Run(ctx, chromedp.Navigate(w.base+path))
		stop()
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "net::ERR_ABORTED") || time.Now().After(end) {
			w.Fails("open " + path + ": " + err.Error())
		}
	}
}

// Reload loads the page again.
func (w *Window) Reload() { w.Helper(); Get(w, "reload", chromedp.Reload()) }

// Until waits until an expression is true, on this page or on one that it leads
// to. What names that for whoever reads why it never came.
func (w *Window) Until(what, js string) {
	w.Helper()
	for end := time.Now().Add(patience); ; {
		ok, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool]("!!("+js+")")) // an error: the page is on its way to another
		if err == nil && ok {
			return
		}
		if time.Now().After(end) {
			w.Fails("it never came to this: " + what)
		}
		select {
		case <-w.ctx.Done():
			w.Fatal(w.ctx.Err())
		case <-time.After(30 * time.Millisecond):
		}
	}
}

// Finds waits until the page shows each of some texts. Breaks of lines count as
// spaces.
func (w *Window) Finds(texts ...string) {
	w.Helper()
	for _, text := range texts {
		w.Until(text+" is seen", fmt.Sprintf(`document.body.innerText.replace(/\s+/g, ' ').includes(%q)`, text))
	}
}

// Lacks fails the test if the page shows text.
func (w *Window) Lacks(text string) {
	w.Helper()
	if Eval[bool](w, fmt.Sprintf(`document.body.innerText.replace(/\s+/g, ' ').includes(%q)`, text)) {
		w.Fails(fmt.Sprintf("it shows %q", text))
	}
}

// Has says whether something on the page matches a selector, seen or not.
func (w *Window) Has(sel string) bool {
	w.Helper()
	return Eval[bool](w, fmt.Sprintf(`document.querySelector(%q) !== null`, sel))
}

// Shows waits until the page shows what a selector finds.
func (w *Window) Shows(sel string) {
	w.Helper()
	Get(w, sel+" is shown", chromedp.WaitVisible(chromedp.CSS(sel)))
}

// Press presses what a selector finds. A page that changes by itself may take
// it away at that moment, and put another in its place: that is then pressed.
func (w *Window) Press(sel string) {
	w.Helper()
	for end := time.Now().Add(patience); ; {
		w.Shows(sel)
		ctx, stop := context.WithTimeout(w.ctx, patience/4)
		_, err := chromedp.Run(ctx, chromedp.Click(chromedp.CSS(sel)))
		stop()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			w.Fails("press " + sel + ": " + err.Error())
		}
	}
}

// PressTwice presses what a selector finds twice, as hasty people do.
func (w *Window) PressTwice(sel string) {
	w.Helper()
	w.Shows(sel)
	Get(w, "press "+sel+" twice", chromedp.DoubleClick(chromedp.CSS(sel)))
}

// Leads presses what opens another page, and waits for that page.
func (w *Window) Leads(sel string) {
	w.Helper()
	w.Do("window.here = true")
	w.Press(sel)
	w.Until(sel+" leads on", "!window.here && document.readyState === 'complete'")
}

// Types writes into a box, key by key.
func (w *Window) Types(sel, text string) {
	w.Helper()
	w.Shows(sel)
	Get(w, "type into "+sel, chromedp.SendKeys(chromedp.CSS(sel), text))
}

// Sets gives a box a value at once, as a chosen date or a pasted text does.
func (w *Window) Sets(sel, value string) {
	w.Helper()
	w.Until(sel+" is there", fmt.Sprintf(`document.querySelector(%q)`, sel))
	if !Eval[bool](w, fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = %q; for (const k of ['input', 'change']) e.dispatchEvent(new Event(k, { bubbles: true })); return e.value === %q })()`, sel, value, value)) {
		w.Fails(fmt.Sprintf("%s does not take %q", sel, value))
	}
}

// Attaches gives a box a file.
func (w *Window) Attaches(sel, file string) {
	w.Helper()
	Get(w, "attach to "+sel, chromedp.SetUploadFiles(chromedp.CSS(sel), []string{file}))
}

// Stays marks the page; the function that it returns fails the test if another
// was loaded since.
func (w *Window) Stays() (stayed func()) {
	w.Helper()
	w.Do("window.stays = true")
	return func() {
		w.Helper()
		if !Eval[bool](w, "window.stays || false") {
			w.Fails("the page was loaded again")
		}
	}
}

// AtOnce carries out the same statements in several windows at the same moment.
func AtOnce(js string, ws ...*Window) {
	done := make(chan error, len(ws))
	for _, w := range ws {
		go func() {
			_, err := chromedp.Run(w.ctx, chromedp.Evaluate[chromedp.Void](js+"; undefined"))
			done <- err
		}()
	}
	for _, w := range ws {
		w.Helper()
		if err := <-done; err != nil {
			w.Error(errors.Join(errors.New("at once"), err))
		}
	}
}
