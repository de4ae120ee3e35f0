package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"workervoice/cmd/workervoice/simulate"
)

// A desk is a supervisor's browser, with the case that it is about.
type desk struct {
	*simulate.Desk
	ctx      context.Context
	id, code string
	update   string
}

// sit gives a supervisor a place, by an invitation.
func (c *crowd) sit(login string) (*desk, error) {
	to, err := c.bot.invite(login)
	if err != nil {
		return nil, err
	}
	d, err := simulate.NewDesk("http://"+c.bot.addr, http.DefaultTransport)
	if err != nil {
		return nil, err
	}
	d.Now = c.r.Clock().Now
	return &desk{Desk: d, ctx: c.ctx}, d.Join(c.ctx, to, login, "Nan", "en", "en", "my", "th")
}

var (
	casePath   = regexp.MustCompile(`/c/case/([A-Za-z0-9_-]{8,})`)
	codeBig    = regexp.MustCompile(`class="codebig"[^>]*>([A-Z0-9]{4})-([A-Z0-9]{4})<`)
	everybody  = regexp.MustCompile(`All (\d+) workers of this case`)
	updatePath = regexp.MustCompile(`/update/([A-Za-z0-9_-]+)/approve`)
)

// openJoining opens the only case there is, and lets others join it.
func (d *desk) openJoining() error {
	if err := d.Get(d.ctx, "/c/cases"); err != nil {
		return err
	}
	m := casePath.FindStringSubmatch(d.Page)
	if m == nil {
		return fmt.Errorf("there is no case on %s", d.Path)
	}
	d.id = m[1]
	if err := d.Get(d.ctx, "/c/case/"+d.id+"/join"); err != nil {
		return err
	}
	if err := d.Fill(d.ctx, "/join", nil); err != nil { // without "ask": they are let in at once
		return err
	}
	code := codeBig.FindStringSubmatch(d.Page)
	if code == nil {
		return fmt.Errorf("%s shows no code", d.Path)
	}
	d.code = code[1] + code[2]
	return nil
}

// members is how many workers the page of a new update says there are.
func (d *desk) members() (int, error) {
	if err := d.Get(d.ctx, "/c/case/"+d.id+"/update/new"); err != nil {
		return 0, err
	}
	return number(everybody, d.Page)
}

func number(at *regexp.Regexp, page string) (int, error) {
	m := at.FindStringSubmatch(page)
	if m == nil {
		return 0, fmt.Errorf("%v is not on the page", at)
	}
	return strconv.Atoi(m[1])
}

// A plan is what the page says that approving comes to.
type plan struct {
	total, now, later, contact, merged, blocked, left int
	pushes, quota, over                               int
	templates                                         int
	words                                             string
	took                                              time.Duration
}

var figures = map[string]*regexp.Regexp{
	"total": regexp.MustCompile(`Workers (\d+) Now`), "now": regexp.MustCompile(`Now (\d+) (?:is|are) free now`), "later": regexp.MustCompile(`(\d+) in (?:their )?free hours`),
	"contact": regexp.MustCompile(`When they write (\d+)`), "merged": regexp.MustCompile(`(\d+) ha(?:s|ve) unread news`), "blocked": regexp.MustCompile(`(\d+) blocked,`),
	"left": regexp.MustCompile(`Left out (\d+)`), "pushes": regexp.MustCompile(`(\d+) of \d+ messages left`), "quota": regexp.MustCompile(`\d+ of (\d+) messages left`),
	"over": regexp.MustCompile(`(\d+) more waits? until they write`), "templates": regexp.MustCompile(`(\d+) templates?\b`),
}

var reach = regexp.MustCompile(`(?s)Reach and plan.*?</section>`)

// write keeps the update and returns the plan that its page shows.
func (d *desk) write() (p plan, err error) {
	if err := d.Get(d.ctx, "/c/case/"+d.id+"/update/new"); err != nil {
		return p, err
	}
	fields := url.Values{"kind": {"free"}, "issue": {""}}
	for l, text := range news {
		fields.Set("text."+l, text)
	}
	if err := d.Fill(d.ctx, "/update/new", fields); err != nil {
		return p, err
	}
	m := updatePath.FindStringSubmatch(d.Page)
	if m == nil {
		return p, fmt.Errorf("the draft cannot be approved: %s", d.Path)
	}
	d.update = "/c/case/" + d.id + "/update/" + m[1]
	begin := time.Now()
	if err := d.Get(d.ctx, d.update); err != nil {
		return p, err
	}
	p.took = time.Since(begin)
	p.words = simulate.Words(reach.FindString(d.Page))
	for name, to := range map[string]*int{"total": &p.total, "now": &p.now, "later": &p.later, "contact": &p.contact, "merged": &p.merged, "blocked": &p.blocked,
		"left": &p.left, "pushes": &p.pushes, "quota": &p.quota, "over": &p.over, "templates": &p.templates} {
		if m := figures[name].FindStringSubmatch(p.words); m != nil {
			*to, _ = strconv.Atoi(m[1])
		}
	}
	return p, nil
}

// Counters are what the page of an update says has become of it.
type counters struct {
	total int
	going bool
	n     map[string]int
	words string
}

var (
	counter = regexp.MustCompile(`(?s)<div><dt>(.*?)</dt><dd>(\d+)</dd>`)
	ofTotal = regexp.MustCompile(`of (\d+) workers?`)
)

// counts reads the counters as the page does every moment.
func (d *desk) counts() (k counters, err error) {
	page, err := d.Read(d.ctx, d.update+"/counts")
	if err != nil {
		return k, err
	}
	k.n, k.words = map[string]int{}, simulate.Words(string(page))
	k.going = strings.Contains(k.words, "still being handed out")
	for _, m := range counter.FindAllStringSubmatch(string(page), -1) {
		k.n[simulate.Words(m[1])], _ = strconv.Atoi(m[2])
	}
	k.total, err = number(ofTotal, k.words)
	return k, err
}

func (k counters) sum() (n int) {
	for _, c := range k.n {
		n += c
	}
	return n
}
