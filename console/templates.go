package console

import (
	"html/template"
	"io/fs"
	"regexp"
	"slices"
	"sync"
)

var functions = template.FuncMap{
	"asset":    func(name string) string { return assets[name].href },
	"icon":     icon,
	"initials": Initials,
	"sev":      Sev,
	"open":     func() string { return "{{" }, // which a template cannot write
	"close":    func() string { return "}}" },
}

// publicFiles are the templates of what anybody may see, which has the workers'
// words; all others are the caseworkers'.
var publicFiles = []string{"templates/landing.html", "templates/start.html"}

var publicPages = template.Must(template.New("").Funcs(functions).ParseFS(files, publicFiles...))

// officePages are the caseworkers' templates, one set for each language: it
// holds that language's words, and the pictures and addresses of files, as they
// stand on the page. Finding each anew on every page, by reflection and through
// the escaper, took a third of a page's time. A set is made when the first page
// in its language is shown.
var officePages = func() map[string]func() *template.Template {
	sets := map[string]func() *template.Template{}
	for _, lang := range consoleLanguages {
		sets[lang] = sync.OnceValue(func() *template.Template { return template.Must(loadOffice(lang)) })
	}
	return sets
}()

// loadOffice parses the caseworkers' templates with the words of a language.
func loadOffice(lang string) (*template.Template, error) {
	set := template.New("").Funcs(functions)
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if slices.Contains(publicFiles, name) {
			continue
		}
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		if _, err := set.New(name).Parse(settle(lang, string(b))); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// fixed are the actions whose outcome depends on the language alone: words
// without values, and pictures and files that are named in the template.
var fixed = regexp.MustCompile(`\{\{(?:\$?\w*\.T "([a-z0-9_.]+)"|icon "([a-z]+)"( true)?|asset "([a-z.]+)")\}\}`)

// settle carries out the actions of a template that are fixed. What they give
// is escaped as text and quoted attributes need it, which is where they stand.
func settle(lang, source string) string {
	return fixed.ReplaceAllStringFunc(source, func(action string) string {
		m := fixed.FindStringSubmatch(action)
		switch key, picture, small, file := m[1], m[2], m[3] != "", m[4]; {
		case key != "":
			return template.HTMLEscapeString(word(lang, key))
		case picture != "" && small:
			return string(icon(picture, true))
		case picture != "":
			return string(icon(picture))
		default:
			return template.HTMLEscapeString(assets[file].href)
		}
	})
}

// icon draws one of the pictures of icons.html; small ones stand in a line of
// small words.
func icon(name string, small ...bool) template.HTML {
	class := "i"
	if len(small) > 0 {
		class = "i s"
	}
	return template.HTML(`<svg class="` + class + `" aria-hidden="true"><use href="#i-` + template.HTMLEscapeString(name) + `"/></svg>`) //nolint:gosec // escaped
}
