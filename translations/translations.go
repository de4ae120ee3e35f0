// Package translations holds every text the bot says, in every language it
// speaks, and the words it understands.
//
// The texts are TOML files of go-i18n, one per language, and they are the
// source: edit them by hand or in Weblate. English decides which keys exist
// and which placeholders a text has. To add a text, add its key to the five
// files and to kinds.tsv, then run
//
//	UPDATE=1 go test ./translations
//
// which records the new text as an unread draft in review.*.tsv. A text on
// which somebody's safety depends also needs its lines in backtranslation.tsv:
// what it says in each language, written by somebody who has not seen the
// English.
package translations

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
)

//go:embed active.*.toml kinds.tsv keywords.tsv danger.tsv review.*.tsv
var files embed.FS

// languages in the order in which workers are shown them.
var languages = []string{"my", "km", "ne", "th", "en"}

// English is the language that every other is translated from, and that
// stands in where another cannot.
const English = "en"

// strict makes a placeholder without a value an error. Without it, text/template
// writes "<no value>" into a message to a worker.
var strict = &template.TextParser{Option: "missingkey=error"}

// A Catalog finds texts by language and key. It is safe for concurrent use.
type Catalog struct {
	texts map[string]*texts // by language
	kinds map[string]Kind   // by key
	words *vocabulary

	reviews map[string]map[string]State // by language and key

	mu        sync.Mutex
	fallbacks map[string]int64
}

// Load reads the embedded texts and checks them: a language that lacks a key,
// a text that is no template, or one whose placeholders are not those of the
// English, is an error. It takes some 30 milliseconds; call it once.
func Load() (*Catalog, error) { return load(files) }

func load(fsys fs.FS) (*Catalog, error) {
	c := &Catalog{texts: make(map[string]*texts), fallbacks: make(map[string]int64)}
	for _, lang := range languages {
		t, err := loadTexts(fsys, lang)
		if err != nil {
			return nil, fmt.Errorf("translations: %w", err)
		}
		c.texts[lang] = t
	}
	for _, lang := range languages {
		if err := c.texts[lang].matches(c.texts[English]); err != nil {
			return nil, fmt.Errorf("translations: active.%s.toml: %w", lang, err)
		}
	}
	for _, key := range words() {
		if !c.Has(key) {
			return nil, fmt.Errorf("translations: active.en.toml: lacks %q, which dates are made of", key)
		}
	}
	var err error
	if c.kinds, err = loadKinds(fsys, c.texts[English]); err != nil {
		return nil, fmt.Errorf("translations: kinds.tsv: %w", err)
	}
	if c.words, err = loadVocabulary(fsys); err != nil {
		return nil, fmt.Errorf("translations: %w", err)
	}
	c.reviews = make(map[string]map[string]State)
	for _, lang := range languages {
		if lang == English {
			continue
		}
		if c.reviews[lang], err = loadReview(fsys, lang, c.texts[lang], c.texts[English]); err != nil {
			return nil, fmt.Errorf("translations: %w", err)
		}
	}
	return c, nil
}

// Text returns the text named key in lang, with args in its placeholders.
// args may be nil where the text has none; a text that differs by number
// takes the number from args["Count"], an integer.
//
// In a language the bot does not speak the answer is in English, and counted
// in Fallbacks; so is a text that fails in its language. The error names the key
// and never contains an argument: the key exists in no language, or a
// placeholder has no value.
func (c *Catalog) Text(lang, key string, args map[string]any) (string, error) {
	t, ok := c.texts[lang]
	if ok {
		if s, ok := t.plain[key]; ok {
			return s, nil
		}
		if s, err := t.render(key, args); err == nil {
			return s, nil
		}
	}
	s, err := c.texts[English].render(key, args)
	if err != nil {
		return "", err
	}
	if lang != "" {
		c.mu.Lock()
		c.fallbacks[key]++
		c.mu.Unlock()
	}
	return s, nil
}

// Folded is [Fold] of the text named key in lang, which needs no arguments, or
// "" if there is none. Labels are compared with much of what workers write, so
// each is folded once.
func (c *Catalog) Folded(lang, key string) string {
	t, ok := c.texts[lang]
	if !ok {
		t, lang = c.texts[English], English
	}
	if s, ok := t.folded.Load(key); ok {
		return s.(string)
	}
	text, err := c.Text(lang, key, nil)
	if err != nil {
		return ""
	}
	s := Fold(text)
	t.folded.Store(key, s)
	return s
}

// Fallbacks returns how often English stood in for another language since
// Load, by key.
func (c *Catalog) Fallbacks() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.fallbacks)
}

// Has reports whether there is a text named key. It is then there in every language.
func (c *Catalog) Has(key string) bool { return c.texts[English].has(key) }

// Keys returns the names of all texts, sorted.
func (c *Catalog) Keys() []string { return slices.Sorted(maps.Keys(c.kinds)) }

// Placeholders returns the names of the values that the text named key needs, sorted.
func (c *Catalog) Placeholders(key string) []string {
	return slices.Clone(c.texts[English].fields[key])
}

// Languages returns the tags of the languages the bot speaks, in the order in
// which workers are shown them.
func (c *Catalog) Languages() []string { return slices.Clone(languages) }

// Speaks reports whether lang is one of Languages.
func (c *Catalog) Speaks(lang string) bool { return c.texts[lang] != nil }

// Kind returns what the text named key is used as, or "" if there is no such text.
func (c *Catalog) Kind(key string) Kind { return c.kinds[key] }

// texts are those of one language.
type texts struct {
	plain  map[string]string        // those without placeholders and plurals
	forms  map[string]*i18n.Message // all, by key
	fields map[string][]string      // placeholders, by key
	local  *i18n.Localizer
	folded sync.Map // of string: labels as words are compared, by key
}

func (t *texts) has(key string) bool { return t.forms[key] != nil }

// render returns the text named key with args in its placeholders.
func (t *texts) render(key string, args map[string]any) (string, error) {
	if s, ok := t.plain[key]; ok {
		return s, nil
	}
	m := t.forms[key]
	if m == nil {
		return "", fmt.Errorf("translations: no text %q: add it to active.*.toml", key)
	}
	for _, f := range t.fields[key] {
		if _, ok := args[f]; !ok {
			return "", fmt.Errorf("translations: text %q needs a value for %s", key, f)
		}
	}
	config := &i18n.LocalizeConfig{MessageID: key, TemplateData: args, TemplateParser: strict}
	if m.One != "" {
		config.PluralCount = args["Count"]
	}
	s, err := t.local.Localize(config)
	if err != nil {
		return "", fmt.Errorf("translations: text %q cannot be filled in: check the type of its values", key)
	}
	return s, nil
}
