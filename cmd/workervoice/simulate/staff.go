package simulate

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// A Staff says who plays caseworkers.
type Staff struct {
	Invite string // the address of an invitation of a supervisor
	Login  string // with which that person signs in; supervisor if empty
}

// steps are the usual course of a case: the act, and what is typed into its
// form. A case is taken some of them.
var steps = []struct {
	act    string
	fields url.Values
}{
	{"acknowledge", url.Values{"text": {"Wrote to the worker and thanked them."}}},
	{"raise", url.Values{"with": {"employer"}, "text": {"Put to the management by telephone, without names."}, "due": {"+10"}}},
	{"respond", url.Values{"text": {"We will look into it and pay what is owed."}, "summary.en": {"The employer says that what is owed will be paid."},
		"summary.my": {"အလုပ်ရှင်က ပေးစရာရှိတာ ပေးမယ်လို့ ပြောပါတယ်။"}, "summary.km": {"ថៅកែថា នឹងបង់អ្វីដែលជំពាក់។"}, "summary.ne": {"रोजगारदाताले बाँकी रकम दिने भन्यो।"}, "summary.th": {"นายจ้างบอกว่าจะจ่ายส่วนที่ค้าง"}}},
	{"plan", url.Values{"promise.en": {"All that is owed is paid with the next pay."}, "promise.my": {"ပေးစရာရှိတာ အားလုံးကို နောက်လစာနဲ့အတူ ပေးပါမယ်။"},
		"promise.km": {"អ្វីដែលជំពាក់ទាំងអស់ នឹងបង់ជាមួយប្រាក់ខែបន្ទាប់។"}, "promise.ne": {"बाँकी सबै रकम अर्को तलबसँगै दिइनेछ।"}, "promise.th": {"จะจ่ายส่วนที่ค้างทั้งหมดพร้อมเงินเดือนงวดหน้า"},
		"who": {"the factory's office"}, "by": {"+7"}, "payday": {"+7"}}},
	{"start", url.Values{"text": {"The office asked for the hours of each worker."}}},
	{"claim", url.Values{"text": {"The office says that everybody has been paid; a list of the bank was shown."}}},
}

// filled returns fields with days such as +7 counted from now.
func filled(fields url.Values, now time.Time) url.Values {
	out := url.Values{}
	for k, vs := range fields {
		for _, v := range vs {
			var days int
			if n, _ := fmt.Sscanf(v, "+%d", &days); n == 1 && len(v) < 4 {
				v = now.AddDate(0, 0, days).Format(time.DateOnly)
			}
			out.Add(k, v)
		}
	}
	return out
}

// advance takes a case n of its usual steps. It reports how many it was given.
func (d *Desk) advance(ctx context.Context, id string, n int) (int, error) {
	for i, s := range steps[:min(n, len(steps))] {
		if err := d.Get(ctx, "/c/case/"+id); err != nil {
			return i, err
		}
		if !d.Offers("/do/" + s.act) { // the case does not allow it: no worker has agreed, say
			return i, nil
		}
		if err := d.Fill(ctx, "/do/"+s.act, filled(s.fields, time.Now())); err != nil {
			return i, err
		}
	}
	return min(n, len(steps)), nil
}

// Another returns a browser of the same person.
func (d *Desk) Another() *Desk { return &Desk{http: d.http, to: d.to} }

var (
	chatPath = regexp.MustCompile(`/c/chat/([A-Za-z0-9_-]{8,})`)
	casePath = regexp.MustCompile(`/c/case/([A-Za-z0-9_-]{8,})`)
)

// named returns what is named on a page, each once, in order.
func namedOn(page string, path *regexp.Regexp) (ids []string) {
	for _, m := range path.FindAllStringSubmatch(page, -1) {
		if !slices.Contains(ids, m[1]) {
			ids = append(ids, m[1])
		}
	}
	return ids
}

// greetings are what a caseworker begins with, by the worker's language.
var greetings = map[string]string{
	"my": "မင်္ဂလာပါ။ ကျွန်မ နန်းပါ။ ပြောပြတဲ့အတွက် ကျေးဇူးတင်ပါတယ်။",
	"km": "សួស្តី ខ្ញុំឈ្មោះ ណាន។ អរគុណដែលបានប្រាប់យើង។",
	"ne": "नमस्ते, म नान हुँ। हामीलाई भन्नुभएकोमा धन्यवाद।",
	"th": "สวัสดีค่ะ ดิฉันชื่อแนน ขอบคุณที่เล่าให้ฟังนะคะ",
	"en": "Hello, I am Nan. Thank you for telling us.",
}

// caseworkers take the cases of a demonstration various steps, and talk with
// some of the workers who wait.
func (p *player) caseworkers(ctx context.Context) error {
	d, err := NewDesk(p.To, p.t)
	if err != nil {
		return err
	}
	login := p.Staff.Login
	if login == "" {
		login = "supervisor"
	}
	if err := d.Join(ctx, p.Staff.Invite, login, "Nan", "en", "en", "my", "th"); err != nil {
		return err
	}
	if err := d.Get(ctx, "/c/chats?box=waiting"); err != nil {
		return err
	}
	for i, id := range namedOn(d.Page, chatPath) {
		if i >= 6 {
			break
		}
		if err := p.talk(ctx, d, id, i%2 == 0); err != nil {
			return err
		}
	}
	if err := d.Get(ctx, "/c/cases"); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, id := range namedOn(d.Page, casePath) {
		g.Go(func() error {
			n, err := d.Another().advance(ctx, id, i%(len(steps)+1))
			for range n {
				p.did("step of a case")
			}
			return err
		})
	}
	return g.Wait()
}

// talk takes a conversation over, greets the worker in the worker's language,
// and may hand back.
func (p *player) talk(ctx context.Context, d *Desk, id string, back bool) error {
	if err := d.Get(ctx, "/c/chat/"+id); err != nil {
		return err
	}
	lang := "en"
	for l := range greetings {
		if strings.Contains(d.Page, ` name="text" lang="`+l+`"`) {
			lang = l
		}
	}
	if err := d.Fill(ctx, "/take", nil); err != nil {
		return err
	}
	p.did("take over")
	if err := d.Post(ctx, "/c/chat/"+id+"/write", url.Values{"text": {greetings[lang]}, "key": {fmt.Sprintf("demo-%s-%d", id[:8], p.Seed)}}); err != nil {
		return err
	}
	p.did("message")
	if !back {
		return nil
	}
	if err := d.Get(ctx, "/c/chat/"+id); err != nil {
		return err
	}
	p.did("hand back")
	return d.Fill(ctx, "/hand", url.Values{"how": {"resume"}})
}
