package flows

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"workervoice/cases"
)

const marker = "Zaw"

// fill puts a marker into every text that v holds, however deep, and a number
// that nothing else has into every count.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(marker)
	case reflect.Int, reflect.Int64:
		v.SetInt(7654321)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Map:
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(k)
		fill(e)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(k, e)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2021, 7, 13, 1, 2, 3, 0, time.UTC)))
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i))
			}
		}
	}
}

var (
	sender = cases.Organisation{ID: "sla", Name: "Sunrise Legal Aid"}
	plea   = Wanted{Lang: "en", To: cases.Employer, Addressee: "The Manager, Golden Shrimp Co. Ltd.", From: Month{2026, time.August}, Until: Month{2026, time.November},
		Asks: []string{"stop", "pay", "records"}, Due: noon.AddDate(0, 0, 10)}
)

// TestLetterHoldsNoWorker puts markers wherever a case can hold anything: none
// of them can be in a letter, in either language, to anybody.
func TestLetterHoldsNoWorker(t *testing.T) {
	var c cases.Case
	fill(reflect.ValueOf(&c).Elem())
	full := c.Issues[0]
	c.Issues = nil
	for _, k := range append(cases.Kinds.Categories, cases.Category{Code: marker}) {
		i := full
		i.Kind, i.Status = k.Code, cases.Received
		c.Issues = append(c.Issues, i)
	}
	for _, lang := range []string{"en", "th"} {
		for _, to := range []cases.Party{cases.Employer, cases.Agency, cases.Buyer, cases.Government} {
			w := plea
			w.Lang, w.To, w.Asks = lang, to, LetterAsks
			l, found, err := LetterTo(c, c.Size, sender, w, Told{}, noon)
			if err != nil || found != nil {
				t.Fatal(err, found)
			}
			text := l.Page().String()
			for _, secret := range []string{marker, "7654321", "7,654,321", "2021", "13 July", "%!", "(MISSING)"} {
				if strings.Contains(text, secret) {
					t.Errorf("a letter to the %s in %s holds %q:\n%s", to, lang, secret, text)
				}
			}
			for _, private := range []string{"sexual", "rape", "union", "pregnan", "ข่มขืน", "ตั้งครรภ์"} {
				if strings.Contains(strings.ToLower(text), private) {
					t.Errorf("a letter names %q, which can point to one person", private)
				}
			}
		}
	}
	for i := range reflect.TypeFor[Letter]().NumField() { // a field more is a way more
		f := reflect.TypeFor[Letter]().Field(i)
		if f.IsExported() {
			t.Errorf("field %s of a letter can be set by anybody", f.Name)
		}
	}
}

func TestLetter(t *testing.T) {
	c := cases.Case{ID: "cbig", Ref: cases.RefOf("cbig"), Size: 143, Issues: []cases.Issue{{Kind: "pay.ot", Status: cases.Received}, {Kind: "hours.preg", Status: cases.Received}, {Kind: "pay.late", Status: cases.Satisfied}}}
	l, _, err := LetterTo(c, 127, sender, plea, Told{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	text := l.Page().String()
	for _, want := range []string{"More than 100 workers", "overtime that was not paid", "- working hours and leave", "August 2026 to November 2026", "Please answer in writing by 29 November 2026", "To: The Manager, Golden Shrimp", "to pay what is owed", "Sunrise Legal Aid"} {
		if !strings.Contains(text, want) {
			t.Errorf("the letter lacks %q:\n%s", want, text)
		}
	}
	for _, no := range []string{"127", "143", c.Ref, "later than the agreed day"} {
		if strings.Contains(text, no) {
			t.Errorf("the letter holds %q:\n%s", no, text)
		}
	}
	w := plea
	w.Lang = "th"
	l, _, err = LetterTo(c, 3, sender, w, Told{}, noon)
	if text := l.Page().String(); err != nil || !strings.Contains(text, "มีลูกจ้างหลายคนแจ้ง") || !strings.Contains(text, "ภายในวันที่ 29 พฤศจิกายน 2569") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestNoLetter(t *testing.T) {
	c := cases.Case{ID: "c", Issues: []cases.Issue{{Kind: "pay.ot", Status: cases.Received}}}
	for name, change := range map[string]func(*Wanted, *int){
		"nobody agreed":      func(_ *Wanted, n *int) { *n = 0 },
		"another language":   func(w *Wanted, _ *int) { w.Lang = "my" },
		"to the embassy":     func(w *Wanted, _ *int) { w.To = cases.Embassy },
		"nothing asked":      func(w *Wanted, _ *int) { w.Asks = nil },
		"asked what is not":  func(w *Wanted, _ *int) { w.Asks = []string{"names"} },
		"another's issue":    func(w *Wanted, _ *int) { w.Kinds = []cases.Code{"pay.late"} },
		"no period":          func(w *Wanted, _ *int) { w.From = Month{} },
		"no such month":      func(w *Wanted, _ *int) { w.From.Month = 13 },
		"period to come":     func(w *Wanted, _ *int) { w.Until = Month{2027, time.January} },
		"answer before it":   func(w *Wanted, _ *int) { w.Due = noon },
		"for nobody":         func(w *Wanted, _ *int) { w.Addressee = "" },
		"a name is in it":    func(w *Wanted, _ *int) { w.Added = "Please speak to Ma Khin." },
		"for a named worker": func(w *Wanted, _ *int) { w.Addressee = "c/o Khin" },
	} {
		w, n := plea, 9
		change(&w, &n)
		_, found, err := LetterTo(c, n, sender, w, Told{Names: []string{"Ma Khin"}}, noon)
		if err == nil || (len(found) > 0) != errors.Is(err, ErrNames) {
			t.Errorf("%s: %v, %v", name, err, found)
		}
	}
}

func TestNamesInText(t *testing.T) {
	var told Told
	told.TellOf(cases.Member{Alias: "No name 0313", Country: "TH", Joined: time.Date(2026, 11, 2, 14, 0, 0, 0, time.UTC)}, &cases.Report{
		Answers: map[string]cases.Answer{"name": {Text: "Daw Khin May Oo"}, "site": {Text: "Golden Shrimp"}},
		Story:   []cases.Part{{Text: "The supervisor took my bank card on the first day and said never come back to ask."}, {Text: "သူတို့က ကျွန်တော့် ပတ်စပို့ကို ယူထားပြီး ပြန်မပေးဘူး"}},
	})
	told.TellOf(cases.Member{Alias: "สมชาย"}, nil)
	told.Refs = []string{"K7M-24P"}
	for text, why := range map[string]string{
		"The workers of Golden Shrimp have asked for this three times since August 2026.": "",
		"Please answer within 7 days. The overtime rate is 1.5 times, section 61.":        "",
		"The total is 1,250,000 baht for the months July to October.":                     "",
		"A meeting on 2026-12-01 would suit us.":                                          "",
		"Human Resources maintains the records.":                                          "",
		"MS KHIN was told to leave.":                                                      "name",
		"May is owed two months.":                                                         "name", // the month is worth asking about
		"no name 0313 spoke up":                                                           "name",
		"ให้คุณสมชายได้ทำงานต่อ":                                                          "name",
		"Call 081 234 5678.":                                                              "number",
		"โทร ๐๘๑-๒๓๔-๕๖๗๘":                                                                "number",
		"Her passport is MA 1234567.":                                                     "number",
		"write to khin.m@example.org":                                                     "address",
		"see t.me/khin_may1 for more":                                                     "address",
		"The supervisor took my bank card on the first day, they report.":                 "quote",
		"It was said: “never come here again”.":                                           "quote",
		"ပတ်စပို့ကို ယူထားပြီး ပြန်မပေးဘူး":                                               "quote",
		"All 37 workers on line 3 are affected.":                                          "count",
		"มีลูกจ้าง 37 คนแจ้งเรื่องนี้":                                                    "count",
		"The Burmese night shift is affected.":                                            "language",
		"ลูกจ้างชาวกัมพูชาไม่ได้รับค่าจ้าง":                                               "language",
		"This was reported on 2 November.":                                                "day",
		"เรื่องนี้แจ้งเมื่อ 2 พฤศจิกายน":                                                  "day",
		"The case k7m 24p is with us.":                                                    "reference",
	} {
		found := told.In(text)
		if why == "" && len(found) > 0 || why != "" && (len(found) == 0 || !strings.Contains(fmt.Sprint(found), "{"+why+" ")) {
			t.Errorf("%q: found %v, want %q", text, found, why)
		}
	}
}
