package translations

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"text/template/parse"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// loadTexts reads the file of one language.
//
// Each language has a bundle of its own: in a shared one, go-i18n's matcher
// decides which language a tag means, and it takes Malay for Indonesian.
func loadTexts(fsys fs.FS, lang string) (*texts, error) {
	tag, err := language.Parse(lang)
	if err != nil {
		return nil, err
	}
	b := i18n.NewBundle(tag)
	b.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	name := "active." + lang + ".toml"
	file, err := b.LoadMessageFileFS(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	t := &texts{
		plain:  make(map[string]string),
		forms:  make(map[string]*i18n.Message),
		fields: make(map[string][]string),
		local:  i18n.NewLocalizer(b, lang),
	}
	for _, m := range file.Messages {
		if err := t.add(m); err != nil {
			return nil, fmt.Errorf("%s: text %q: %w", name, m.ID, err)
		}
	}
	return t, nil
}

// add checks m and makes it known.
func (t *texts) add(m *i18n.Message) error {
	if m.Other == "" {
		return errors.New("is empty")
	}
	if m.Zero != "" || m.Two != "" || m.Few != "" || m.Many != "" {
		return errors.New("has a plural form that none of our languages has: use one and other")
	}
	fields, err := placeholders(m.Other)
	if err != nil {
		return err
	}
	if m.One != "" {
		if !slices.Contains(fields, "Count") {
			return errors.New("has plural forms, but no {{.Count}} that decides between them")
		}
		one, err := placeholders(m.One)
		if err != nil {
			return err
		}
		// The singular may leave the number out ("one message").
		for _, f := range one {
			if !slices.Contains(fields, f) {
				return fmt.Errorf("the form one has the placeholder %s, the form other has not", f)
			}
		}
	}
	t.forms[m.ID] = m
	t.fields[m.ID] = fields
	if len(fields) == 0 {
		t.plain[m.ID] = m.Other
	}
	return nil
}

// matches reports how t differs from english in keys or placeholders.
func (t *texts) matches(english *texts) error {
	var missing, unknown []string
	for key := range english.forms {
		if !t.has(key) {
			missing = append(missing, key)
		}
	}
	for key, fields := range t.fields {
		if !english.has(key) {
			unknown = append(unknown, key)
		} else if want := english.fields[key]; !slices.Equal(fields, want) {
			return fmt.Errorf("text %q has the placeholders %v, the English has %v", key, fields, want)
		}
	}
	slices.Sort(missing)
	slices.Sort(unknown)
	switch {
	case len(missing) > 0:
		return fmt.Errorf("lacks %d texts: add %s", len(missing), strings.Join(missing, ", "))
	case len(unknown) > 0:
		return fmt.Errorf("has texts that English lacks: %s", strings.Join(unknown, ", "))
	}
	return nil
}

// placeholders returns the names in s, sorted, each once. Anything but a plain
// {{.Name}} is an error: texts are edited by people who do not program.
func placeholders(s string) ([]string, error) {
	if !strings.Contains(s, "{{") {
		return nil, nil
	}
	trees, err := parse.Parse("text", s, "{{", "}}")
	if err != nil {
		return nil, fmt.Errorf("is no template: %w", err)
	}
	tree := trees["text"]
	if tree == nil {
		return nil, nil
	}
	var names []string
	for _, node := range tree.Root.Nodes {
		if node.Type() == parse.NodeText {
			continue
		}
		name, ok := fieldName(node)
		if !ok {
			return nil, fmt.Errorf("has %s: only placeholders such as {{.Name}} are understood", node)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// fieldName returns the name in a plain {{.Name}}.
func fieldName(node parse.Node) (string, bool) {
	action, ok := node.(*parse.ActionNode)
	if !ok || len(action.Pipe.Decl) > 0 || len(action.Pipe.Cmds) != 1 || len(action.Pipe.Cmds[0].Args) != 1 {
		return "", false
	}
	field, ok := action.Pipe.Cmds[0].Args[0].(*parse.FieldNode)
	if !ok || len(field.Ident) != 1 {
		return "", false
	}
	return field.Ident[0], true
}

// readTable reads a file of tab-separated lines under a heading, and checks
// that every line has as many fields as the heading.
func readTable(fsys fs.FS, name string) ([][]string, error) {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for n, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		row := strings.Split(line, "\t")
		if n == 0 {
			rows = append(rows, row)
			continue
		}
		if len(row) != len(rows[0]) {
			return nil, fmt.Errorf("%s: line %d has %d fields, the heading has %d", name, n+1, len(row), len(rows[0]))
		}
		rows = append(rows, row)
	}
	return rows[1:], nil
}

// loadKinds reads what each text is used as.
func loadKinds(fsys fs.FS, english *texts) (map[string]Kind, error) {
	rows, err := readTable(fsys, "kinds.tsv")
	if err != nil {
		return nil, err
	}
	kinds := make(map[string]Kind)
	for _, r := range rows {
		key, kind := r[0], Kind(r[1])
		if _, ok := limits[kind]; !ok {
			return nil, fmt.Errorf("%q has the unknown kind %q", key, kind)
		}
		if !english.has(key) {
			return nil, fmt.Errorf("%q is no text", key)
		}
		if kinds[key] != "" {
			return nil, fmt.Errorf("%q stands there twice", key)
		}
		kinds[key] = kind
	}
	var missing []string
	for key := range english.forms {
		if kinds[key] == "" {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		slices.SortFunc(missing, cmp.Compare[string])
		return nil, fmt.Errorf("lacks %s", strings.Join(missing, ", "))
	}
	return kinds, nil
}
