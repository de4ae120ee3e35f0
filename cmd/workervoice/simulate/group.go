package simulate

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

var joinCode = regexp.MustCompile(`class="codebig"[^>]*>([A-Z0-9-]+)<`)

// news is what the workers of a demonstration's large case are told.
var news = url.Values{
	"kind":    {"free"},
	"text.en": {"We met the employer. They look at the pay of everybody. We write again within ten days."},
	"text.my": {"အလုပ်ရှင်နဲ့ တွေ့ပြီးပြီ။ အားလုံးရဲ့ လစာကို စစ်နေတယ်။ ဆယ်ရက်အတွင်း ထပ်ရေးပါမယ်။"},
	"text.km": {"យើងបានជួបថៅកែ។ គេកំពុងពិនិត្យប្រាក់ខែរបស់អ្នកទាំងអស់គ្នា។ យើងសរសេរម្តងទៀតក្នុងដប់ថ្ងៃ។"},
	"text.ne": {"हामीले रोजगारदातालाई भेट्यौं। सबैको तलब हेर्दैछन्। दश दिनभित्र फेरि लेख्छौं।"},
	"text.th": {"เราพบนายจ้างแล้ว เขากำลังตรวจค่าจ้างของทุกคน เราจะเขียนอีกภายในสิบวัน"},
	"due":     {"+10"},
}

// group lets many workers join a case by its code, and writes to all of them.
func (p *player) group(ctx context.Context, d *Desk, id string) error {
	if err := p.move(ctx, d, id, 1); err != nil {
		return err
	}
	if err := d.Post(ctx, "/c/case/"+id+"/join", url.Values{}); err != nil {
		return err
	}
	m := joinCode.FindStringSubmatch(d.Page)
	if m == nil {
		return errors.New("the console showed no code to join the case by")
	}
	p.did("joining")
	g, all := errgroup.WithContext(ctx)
	g.SetLimit(p.At)
	for i := range p.Month.Group {
		g.Go(func() error {
			r := chance(p.Seed, uint64(i)+1_000_000)
			w, err := p.Month.worker(p.To, r, draw(r, p.Month.Languages), p.t)
			if err != nil {
				return err
			}
			w.code = strings.ReplaceAll(m[1], "-", "")
			err = w.visit(all, "join")
			p.note("join", w.sent, err)
			p.free(w)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := p.move(ctx, d, id, 3); err != nil {
		return err
	}
	if err := d.Get(ctx, "/c/case/"+id+"/update/new"); err != nil {
		return err
	}
	if err := d.Fill(ctx, "/update/new", filled(news, time.Now())); err != nil {
		return err
	}
	p.did("update")
	return d.Fill(ctx, "/approve", url.Values{"leave": {"1"}})
}
