package console

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// A sentence is a text cut where its values stand. To put them in so takes a
// tenth of what a template takes, and a page says a hundred things with values.
type sentence struct {
	before []string // what stands before each value
	values []string // the names of the values
	after  string   // what follows the last
}

// A saying is a text of the console with values.
type saying struct {
	one, other sentence
	plural     bool // Count chooses between the two
}

var valueIn = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

// parted returns the sentence of a text, if it holds nothing but words and values.
func parted(text string) (p sentence, ok bool) {
	at := 0
	for _, m := range valueIn.FindAllStringSubmatchIndex(text, -1) {
		p.before = append(p.before, text[at:m[0]])
		p.values = append(p.values, text[m[2]:m[3]])
		at = m[1]
	}
	p.after = text[at:]
	return p, !strings.Contains(strings.Join(p.before, "")+p.after, "{{")
}

// sayings cuts the texts of a language. What cannot be cut is left to its
// template.
func sayings(known map[string]*i18n.Message) map[string]saying {
	out := make(map[string]saying, len(known))
	for key, m := range known {
		other, ok := parted(m.Other)
		one, ok1 := parted(m.One)
		if ok && ok1 {
			out[key] = saying{one, other, m.One != ""}
		}
	}
	return out
}

// say puts values, in pairs of name and value, into a saying. It gives up where
// one is missing, and where what is counted is no whole number.
func (s saying) say(lang language.Tag, values []any) (string, bool) {
	p := s.other
	if s.plural {
		n, ok := valueOf(values, "Count").(int)
		if !ok {
			return "", false
		}
		if plural.Cardinal.MatchPlural(lang, max(n, -n), 0, 0, 0, 0) == plural.One {
			p = s.one
		}
	}
	var b strings.Builder
	for i, name := range p.values {
		b.WriteString(p.before[i])
		switch x := valueOf(values, name).(type) {
		case nil:
			return "", false
		case string:
			b.WriteString(x)
		default:
			fmt.Fprint(&b, x)
		}
	}
	b.WriteString(p.after)
	return b.String(), true
}

// valueOf finds a value by its name: the last of that name, or nil.
func valueOf(values []any, name string) (found any) {
	for i := 0; i+1 < len(values); i += 2 {
		if values[i] == name {
			found = values[i+1]
		}
	}
	return found
}
