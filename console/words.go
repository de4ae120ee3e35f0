package console

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// The words of the caseworkers' pages are TOML files of go-i18n, one per area
// and language: texts/AREA.LANG.toml. English decides which keys there are.
// An area that a language lacks is shown in English. review.tsv says for each
// area and language whether it is missing, a draft that no native speaker has
// read, or checked.

//go:embed texts
var wordFiles embed.FS

// languages of the console, English first.
var consoleLanguages = []string{"en", "th", "my", "km", "ne"}

// A wording is one language.
type wording struct {
	tag   language.Tag
	local *i18n.Localizer
	plain map[string]string // without values
	cut   map[string]saying
	known map[string]*i18n.Message
}

var wordsOf = loadWords()

// loadWords reads the embedded files. One that cannot be read is a mistake of
// the build, so it ends the program at its start.
func loadWords() map[string]*wording {
	out := map[string]*wording{}
	names, err := fs.Glob(wordFiles, "texts/*.toml")
	if err != nil {
		panic(err)
	}
	for _, lang := range consoleLanguages {
		tag := language.MustParse(lang)
		b := i18n.NewBundle(tag) // one each: see package translations
		b.RegisterUnmarshalFunc("toml", toml.Unmarshal)
		w := &wording{tag: tag, plain: map[string]string{}, known: map[string]*i18n.Message{}}
		for _, n := range names {
			if !strings.HasSuffix(n, "."+lang+".toml") {
				continue
			}
			f, err := b.LoadMessageFileFS(wordFiles, n)
			if err != nil {
				panic(fmt.Errorf("console: %s: %w", n, err))
			}
			for _, m := range f.Messages {
				if w.known[m.ID] != nil {
					panic(fmt.Errorf("console: %s: %q stands there twice", n, m.ID))
				}
				w.known[m.ID] = m
				if !strings.Contains(m.Other, "{{") {
					w.plain[m.ID] = m.Other
				}
			}
		}
		w.local, w.cut = i18n.NewLocalizer(b, lang), sayings(w.known)
		out[lang] = w
	}
	return out
}

// hasWord reports whether there is a text.
func hasWord(key string) bool { return wordsOf["en"].known[key] != nil }

// word returns a text of the console, in English where the language lacks it.
// Values come in pairs of name and value; a number named Count chooses between
// one and many. A text that is not there is its key: a test finds those.
func word(lang, key string, values ...any) string {
	w := wordsOf[lang]
	if w == nil || w.known[key] == nil {
		w = wordsOf["en"]
	}
	if s, ok := w.plain[key]; ok && w.known[key].One == "" {
		return s
	}
	m := w.known[key]
	if m == nil {
		return key
	}
	if c, ok := w.cut[key]; ok {
		if s, ok := c.say(w.tag, values); ok {
			return s
		}
	}
	data := map[string]any{}
	for i := 0; i+1 < len(values); i += 2 {
		data[fmt.Sprint(values[i])] = values[i+1]
	}
	c := &i18n.LocalizeConfig{MessageID: key, TemplateData: data}
	if m.One != "" {
		c.PluralCount = data["Count"]
	}
	s, err := w.local.Localize(c)
	if err != nil {
		return key
	}
	return s
}

// T returns words in the language of the page.
func (v *visit) T(key string, values ...any) string { return word(v.Lang, key, values...) }

// In returns words in another language.
func (v *visit) In(lang, key string) string { return word(lang, key) }

// Languages returns those of the console.
func (v *visit) Languages() []string { return consoleLanguages }

// guessLang is the language before anybody is signed in: the one chosen here,
// else the browser's.
func (v *visit) guessLang() string {
	if c := v.cookie(langCookie); slices.Contains(consoleLanguages, c) {
		return c
	}
	tags, _, _ := language.ParseAcceptLanguage(v.R.Header.Get("Accept-Language")) // none of what cannot be read
	for _, t := range tags {
		if b, _ := t.Base(); slices.Contains(consoleLanguages, b.String()) {
			return b.String()
		}
	}
	return "en"
}

const (
	sessionCookie = "s"
	halfCookie    = "half" // between password and code
	joinCookie    = "join"
	deviceCookie  = "device"
	langCookie    = "lang"
)

// cookieName keeps other sites of the same host from setting ours.
func (o *Office) cookieName(name string) string {
	if o.Secure {
		return "__Host-" + name
	}
	return "wv_" + name
}

// cookie returns what a cookie holds, or "".
func (v *visit) cookie(name string) string {
	c, err := v.R.Cookie(v.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie keeps value in the browser for seconds; zero: until it is closed;
// less: no longer.
func (v *visit) setCookie(name, value string, seconds int) {
	http.SetCookie(v.W, &http.Cookie{
		Name: v.cookieName(name), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: v.Secure, SameSite: http.SameSiteLaxMode,
	})
}
