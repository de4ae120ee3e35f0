package console

import (
	"fmt"
	"html/template"
	"reflect"
	"slices"
	"testing"
	"time"
)

// TestLineKey changes everything that a line may show, one thing at a time:
// what is kept under another key is never shown for it.
func TestLineKey(t *testing.T) {
	plain := line{Media: []shownMedia{{}}, Opts: []option{{}}}
	made := []string{"At", "Paras", "Sign", "order", "Type"} // of what else is in the key, or not shown
	n := told(t, &plain, made, func(lang string) spelledKey { return plain.key(lang) })
	two := line{Opts: []option{{Label: "a"}, {Label: "b"}}}
	if one := (line{Opts: []option{{Label: "a"}}}); one.key("en") == two.key("en") || n < 18 {
		t.Errorf("%d things were changed", n)
	}
}

// TestFormKey does the same with what is in a form.
func TestFormKey(t *testing.T) {
	plain := offerBody{Fields: []field{{Choices: []formChoice{{}}, Texts: []written{{}}}}}
	n := told(t, &plain, nil, func(lang string) spelledKey { return plain.key(lang) })
	two := offerBody{Fields: []field{{Name: "a"}, {Name: "b"}}}
	if one := (offerBody{Fields: []field{{Name: "a"}}}); one.key("en") == two.key("en") || n < 23 {
		t.Errorf("%d things were changed", n)
	}
}

// told changes all that a piece may show, but for what was made of the rest, and
// fails where two such pieces have the same key. It returns how many there are.
func told(t *testing.T, piece any, made []string, key func(lang string) spelledKey) int {
	t.Helper()
	keys := map[spelledKey]string{key("en"): "nothing", key("th"): "the language"}
	var change func(v reflect.Value, name string)
	change = func(v reflect.Value, name string) {
		for i := range v.NumField() {
			f, n := v.Field(i), v.Type().Field(i).Name
			if slices.Contains(made, n) {
				continue
			}
			switch f.Kind() {
			case reflect.Slice:
				change(f.Index(0), name+n+".")
				continue
			case reflect.String:
				f.SetString("x")
			case reflect.Bool:
				f.SetBool(true)
			case reflect.Int:
				f.SetInt(7)
			default:
				t.Fatalf("%s%s is a %v: put it into the key", name, n, f.Kind())
			}
			k := key("en")
			if was, ok := keys[k]; ok {
				t.Errorf("what has another %s%s has the key of what has another %s", name, n, was)
			}
			keys[k] = name + n
			f.SetZero()
		}
	}
	change(reflect.ValueOf(piece).Elem(), "")
	return len(keys)
}

// TestShelf has a shelf let go of what nobody asks for, and keep the rest.
func TestShelf(t *testing.T) {
	var s shelf[int]
	wrote := 0
	find := func(k int, at time.Time) {
		t.Helper()
		h, err := s.find(k, at, func() (template.HTML, error) { wrote++; return template.HTML(fmt.Sprint(k)), nil })
		if err != nil || h != template.HTML(fmt.Sprint(k)) {
			t.Fatalf("%d gives %q, %v", k, h, err)
		}
	}
	begun := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	for i := range 20 { // asked for often, one of them once
		find(1, begun.Add(time.Duration(i)*30*time.Second))
	}
	find(2, begun.Add(10*time.Minute))
	if wrote != 2 {
		t.Errorf("written %d times, want 2", wrote)
	}
	find(1, begun.Add(11*time.Minute))
	find(1, begun.Add(12*time.Minute))
	if _, ok := s.last[2]; ok || len(s.now)+len(s.last) > 2 {
		t.Error("what nobody asked for is still there")
	}
	for i := range 3 * keptPages {
		find(100+i, begun.Add(12*time.Minute))
	}
	if n := len(s.now) + len(s.last); n > 2*keptPages {
		t.Errorf("%d are kept", n)
	}
	_, err := s.find(-1, begun, func() (template.HTML, error) { return "", fmt.Errorf("no") })
	if _, ok := s.now[-1]; err == nil || ok {
		t.Error("what could not be written is kept")
	}
}
