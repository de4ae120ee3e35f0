package simulate

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

//go:embed month.json
var monthFile []byte

// A Month says what a month is like. Shares need not add up to one.
type Month struct {
	Messages    int                // from workers
	Languages   map[string]float64 // of workers
	Countries   map[string]float64 // of work
	Hours       []float64          // share of each hour of the day, by the worker's clock
	Sessions    map[string]float64 // question, report, followup, noise
	Lengths     map[string]float64 // messages in a session of each kind
	Problems    map[string]float64 // first level of the taxonomy
	Voice       float64            // share of words that are spoken
	Skips       float64            // share of questions passed over
	AnswersMore float64            `json:"answers_more"` // share of reports with more than the problem
	Outcome     map[string]float64 // what workers say of a remedy: all, some, none
	Retaliation float64            // share of workers treated badly for asking
	Group       int                // workers in the large case of a demonstration
}

// Parse reads a Month. Its error names what is wrong.
func Parse(file []byte) (m Month, err error) {
	if err := json.Unmarshal(file, &m); err != nil {
		return m, fmt.Errorf("the month cannot be read, it must be JSON like the one that -month - prints: %w", err)
	}
	for name, shares := range map[string]map[string]float64{"languages": m.Languages, "countries": m.Countries, "sessions": m.Sessions, "problems": m.Problems, "outcome": m.Outcome} {
		sum := 0.0
		for k, v := range shares {
			if v < 0 {
				return m, fmt.Errorf("the month's %s has %s below zero", name, k)
			}
			sum += v
		}
		if sum <= 0 {
			return m, fmt.Errorf("the month's %s is empty", name)
		}
	}
	if len(m.Hours) != 24 {
		return m, fmt.Errorf("the month's hours has %d figures: one for each of the 24 hours is needed", len(m.Hours))
	}
	if m.Messages <= 0 || m.Group < 0 {
		return m, fmt.Errorf("the month's messages must be above zero, and its group not below")
	}
	return m, nil
}

// Shipped returns the month that comes with the program.
func Shipped() Month {
	m, err := Parse(monthFile)
	if err != nil {
		panic(err) // a test reads it
	}
	return m
}

// draw picks one of shares by chance, the same for the same chance.
func draw(r *rand.Rand, shares map[string]float64) string {
	keys := make([]string, 0, len(shares))
	sum := 0.0
	for k, v := range shares {
		keys, sum = append(keys, k), sum+v
	}
	slices.Sort(keys)
	x := r.Float64() * sum
	for _, k := range keys {
		if x -= shares[k]; x < 0 {
			return k
		}
	}
	return keys[len(keys)-1]
}

// A visit is one session of one worker.
type visit struct {
	at   time.Duration // since the month began
	kind string
	lang string
}

// plan spreads the sessions of a month over its days and hours.
func (m Month) plan(r *rand.Rand, days int) []visit {
	mean := 0.0
	sum := 0.0
	for k, v := range m.Sessions {
		mean, sum = mean+v*max(m.Lengths[k], 1), sum+v
	}
	n := int(float64(m.Messages) * float64(days) / 30 / (mean / sum))
	hours := make(map[string]float64, 24)
	for h, v := range m.Hours {
		hours[fmt.Sprintf("%02d", h)] = v
	}
	vs := make([]visit, n)
	for i := range vs {
		var hour int
		fmt.Sscanf(draw(r, hours), "%d", &hour) //nolint:errcheck // it was printed above
		vs[i] = visit{at: time.Duration(r.IntN(days))*24*time.Hour + time.Duration(hour)*time.Hour + time.Duration(r.Int64N(int64(time.Hour))),
			kind: draw(r, m.Sessions), lang: draw(r, m.Languages)}
	}
	slices.SortFunc(vs, func(a, b visit) int { return int(a.at - b.at) })
	return vs
}
