package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

var tenancy = []test{
	{"another organisation cannot tell what there is from what there is not", indistinct},
}

// ofOthers are methods that take a caller and an id, but neither a case's nor a
// conversation's: lists of the caller's own organisation, and its people.
var ofOthers = map[string]bool{"Desk": true, "End": true, "Sessions": true, "Trail": true, "Chats": true, "Cases": true, "Figures": true}

// indistinct asks every exported method that takes a caller and a case or a
// conversation about one that exists and about one that does not, as somebody
// of another organisation: the answer is the same, it is that there is none,
// and nothing has changed. A method that is added is found here by itself.
func indistinct(t rig) {
	t.s.Home(nay.Org)
	turn := t.tells("a", "1", cases.Entry{Case: "c", Kind: cases.Opened, At: t.c.Now(), Report: &cases.Report{Kinds: []cases.Code{"pay.ot"}, Story: []cases.Part{{Text: "passport kept"}}}})
	conv, err := t.s.ChatOf(ctx, turn.With)
	t.must(err)
	before := t.reads1("c").Version
	names := 0
	for _, by := range []cases.Caseworker{other, {ID: "o2", Org: "union", Role: cases.Supervisor}, {ID: "p", Org: "legal", Role: cases.Partner}, {ID: "nobody"}} {
		v := reflect.ValueOf(t.s)
		for i := range v.NumMethod() {
			m := v.Type().Method(i)
			real, ok := arguments(m.Type, by, "c", conv, turn.Worker)
			if !ok || ofOthers[m.Name] {
				continue
			}
			unreal, _ := arguments(m.Type, by, "none", "none", "none~w0")
			names++
			got, want := answer(v.Method(i), real), answer(v.Method(i), unreal)
			if got != want {
				t.Errorf("%s tells %s: of what there is %q, of what there is not %q", m.Name, by.Role, got, want)
			}
			if !strings.Contains(got, "no such") && !strings.Contains(got, "not found") && !strings.HasPrefix(got, "nothing") {
				t.Errorf("%s answers %s with %q, want that there is none", m.Name, by.Role, got)
			}
		}
	}
	t.want(t.reads1("c").Version, before)
	if names < 4*20 {
		t.Errorf("only %d methods were asked: the test has lost sight of them", names/4)
	}
}

// arguments makes the arguments of a method that takes a caller and something
// of a case or a conversation.
func arguments(m reflect.Type, by cases.Caseworker, id cases.ID, conv string, w cases.WorkerID) (args []reflect.Value, ok bool) {
	callers, things := 0, 0
	for i := 1; i < m.NumIn(); i++ {
		p := m.In(i)
		switch p {
		case reflect.TypeFor[context.Context]():
			args = append(args, reflect.ValueOf(ctx))
		case reflect.TypeFor[cases.Caseworker]():
			callers++
			args = append(args, reflect.ValueOf(by))
		case reflect.TypeFor[cases.ID]():
			things++
			args = append(args, reflect.ValueOf(id))
		case reflect.TypeFor[cases.WorkerID]():
			args = append(args, reflect.ValueOf(w))
		case reflect.TypeFor[cases.Entry]():
			things++
			args = append(args, reflect.ValueOf(cases.Entry{Case: id, Kind: cases.Noted, Text: "mine"}))
		case reflect.TypeFor[cases.Update]():
			things++
			args = append(args, reflect.ValueOf(cases.Update{Case: id, Kind: cases.Free, Texts: map[string]string{"en": "x"}}))
		case reflect.TypeFor[channels.Address]():
			return nil, false // the bot's: a caseworker has no addresses
		case reflect.TypeFor[func() string]():
			args = append(args, reflect.ValueOf(func() string { return "ZZZZ2222" }))
		default:
			if p.Kind() == reflect.String && callers > 0 && things == 0 && i == 3 {
				things++
				args = append(args, reflect.ValueOf(conv).Convert(p))
				continue
			}
			v := reflect.New(p).Elem()
			if p.Kind() == reflect.Int || p.Kind() == reflect.Int64 {
				v.SetInt(5)
			}
			args = append(args, v)
		}
	}
	return args, callers > 0 && things > 0 && !m.IsVariadic()
}

// answer is what a method returns, as far as somebody who asks can tell it.
func answer(m reflect.Value, args []reflect.Value) string {
	out := m.Call(args)
	var said []string
	for _, v := range out {
		if v.Type() == reflect.TypeFor[error]() {
			if v.IsNil() {
				continue
			}
			err := v.Interface().(error)
			if errors.Is(err, store.ErrNotFound) {
				return err.Error()
			}
			said = append(said, err.Error())
			continue
		}
		if !v.IsZero() && v.Kind() != reflect.Int && (v.Kind() != reflect.Slice || v.Len() > 0) {
			said = append(said, fmt.Sprintf("%+v", v.Interface()))
		}
	}
	if len(said) == 0 {
		return "nothing"
	}
	slices.Sort(said)
	return strings.Join(said, ", ")
}
