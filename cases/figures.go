package cases

import (
	"math"
	"time"
)

// Plus returns the sum of two tallies.
func (t Tally) Plus(o Tally) Tally { return t.each(o, func(a, b int) int { return a + b }) }

// Minus returns t without o.
func (t Tally) Minus(o Tally) Tally { return t.each(o, func(a, b int) int { return a - b }) }

func (t Tally) each(o Tally, f func(a, b int) int) Tally {
	x, y := t.fields(), o.fields()
	for i := range x {
		*x[i] = f(*x[i], *y[i])
	}
	return t
}

// TallyNames name the numbers of a Tally, in the order of its Numbers.
var TallyNames = []string{"members", "fixed", "asked", "answers", "all", "some", "none", "enough", "open", "retaliation", "secret", "proxy", "pressed", "lost", "half"}

func (t *Tally) fields() []*int {
	return []*int{&t.Members, &t.Fixed, &t.Asked, &t.Answers, &t.All, &t.Some, &t.None, &t.Enough, &t.Open, &t.Retaliation, &t.Secret, &t.Proxy, &t.Pressed, &t.Lost, &t.Half}
}

// Numbers returns what t counts, each under its name in TallyNames.
func (t Tally) Numbers() (ns []int) {
	for _, p := range t.fields() {
		ns = append(ns, *p)
	}
	return ns
}

// TallyOf is the way back from Numbers.
func TallyOf(ns []int) (t Tally) {
	for i, p := range t.fields() {
		if i < len(ns) {
			*p = ns[i]
		}
	}
	return t
}

// Rates are what a Tally shows, as shares of one. They are not a number
// without the others: a rate of those who answered says little where few did.
type Rates struct {
	Claimed   float64 // fixed by the employer's word, of those who were asked or have answered
	Validated float64 // have all of it and are satisfied, of those who answered
	Low, High float64 // between which Validated lies for all who were asked, 19 times in 20
	Response  float64 // answered, of those who were asked
	Gap       float64 // Claimed less Validated
	Some      bool    // anybody has answered; else Validated and Gap say nothing
}

// Rates returns what t shows. Answers that a caseworker was told, and those
// that somebody had told the worker to give, are in none of them.
func (t Tally) Rates() (r Rates) {
	r.Claimed, r.Response = share(t.Fixed, t.Asked), share(t.Answers, t.Asked)
	if r.Some = t.Answers > 0; r.Some {
		r.Validated = share(t.All, t.Answers)
		r.Gap = r.Claimed - r.Validated
		r.Low, r.High = Interval(t.All, t.Answers, t.Asked)
	}
	return r
}

func share(a, b int) float64 {
	if b <= 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// Interval returns the bounds between which the share of all of asked lies, 19
// times in 20, where full of answers say so: Wilson's score interval with the
// number of answers enlarged by (asked-1)/(asked-answers), as they are drawn
// from no more than asked. Where everybody has answered there is nothing left
// to guess; where nobody has, it is from 0 to 1.
func Interval(full, answers, asked int) (low, high float64) {
	switch {
	case answers <= 0:
		return 0, 1
	case answers >= asked && asked > 0:
		p := share(full, answers)
		return p, p
	}
	const z = 1.959964
	n, p := float64(answers), share(full, answers)
	if asked > answers {
		n *= float64(asked-1) / float64(asked-answers)
	}
	mid, half := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, (mid-half)/(1+z*z/n)), min(1, (mid+half)/(1+z*z/n))
}

// Figures are what an organisation's issues have come to, all together or those
// of one kind. They name nobody; for others than the organisation they may be
// too few to be shown.
type Figures struct {
	Said    Tally // of the issues that an employer has said are fixed: how the workers see it, in the last round
	Claims  int   // issues that an employer has said are fixed
	Against int   // of them, those where most answers say otherwise

	Now        map[Status]int // issues, by where they stand
	Reopenings int            // how often one was opened again that was closed, or said to be fixed
	Closings   int            // how often workers' answers closed one as satisfied
	Helped     map[string]int // what workers say of our help: good, ok, bad

	// Days is how long it took from the report until workers said that they
	// were satisfied, of half of the Closings and of nine in ten; zero while
	// there are none.
	Days, Days90 float64
}

// daySpans are the upper bounds, in days, into which times to remedy are counted.
var daySpans = []int{1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 28, 35, 42, 56, 70, 90, 120, 180, 270, 365, 730}

// DaySpan returns in which of the DaySpans a time to remedy is counted.
func DaySpan(d time.Duration) int {
	for i, days := range daySpans {
		if d <= time.Duration(days)*24*time.Hour {
			return i
		}
	}
	return len(daySpans)
}

// DaySpans is how many there are.
func DaySpans() int { return len(daySpans) + 1 }

// DaysOf returns within how many days a share of what was counted lies, as if
// it were spread evenly within each span.
func DaysOf(counts []int, share float64) float64 {
	total := 0
	for _, n := range counts {
		total += n
	}
	left := share * float64(total)
	for i, n := range counts {
		if f := float64(n); f > 0 && left <= f {
			from, to := 0, daySpans[len(daySpans)-1]
			if i > 0 {
				from = daySpans[i-1]
			}
			if i < len(daySpans) {
				to = daySpans[i]
			}
			return float64(from) + left/f*float64(to-from)
		}
		left -= float64(n)
	}
	return 0
}
