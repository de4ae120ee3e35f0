package flows

import (
	_ "embed"
	"errors"
	"strings"

	"workervoice/cases"
)

// A Refusal says why something may not happen to a case: in a code, so that
// whoever shows it can do so in the reader's language.
type Refusal struct {
	is   error               // ErrNotNow or ErrNotAllowed
	Code string              // of a sentence in refusals.tsv
	Data map[string][]string // what stands in it: Party, Step, Status, From (statuses), Who (roles)
}

//go:embed refusals.tsv
var refusalsTable string

// refusals are the sentences in English, by code.
var refusals = func() map[string]string {
	m := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(refusalsTable), "\n")[1:] {
		code, sentence, _ := strings.Cut(line, "\t")
		m[code] = sentence
	}
	return m
}()

// Refusals returns the sentences in English, by code. What stands in braces
// names what of Data comes there.
func Refusals() map[string]string { return refusals }

// notNow refuses with a code and pairs of a name and what stands for it.
func notNow(code string, data ...string) error { return refuse(ErrNotNow, code, data) }

func notAllowed(code string, data ...string) error { return refuse(ErrNotAllowed, code, data) }

func refuse(is error, code string, data []string) error {
	r := Refusal{is: is, Code: code, Data: map[string][]string{}}
	for i := 0; i+1 < len(data); i += 2 {
		r.Data[data[i]] = append(r.Data[data[i]], data[i+1])
	}
	return r
}

// Error is for logs and whoever reads English.
func (r Refusal) Error() string { return r.is.Error() + ": " + r.sentence() }

// Unwrap returns ErrNotNow or ErrNotAllowed.
func (r Refusal) Unwrap() error { return r.is }

func (r Refusal) sentence() string {
	s := refusals[r.Code]
	for name, values := range r.Data {
		if name == "Who" {
			values = inWords(values)
		}
		s = strings.ReplaceAll(s, "{"+name+"}", strings.Join(values, " or "))
	}
	return s
}

// Why returns in English what to do instead, or "" if err is no [Refusal].
func Why(err error) string {
	var r Refusal
	if errors.As(err, &r) {
		return r.sentence()
	}
	return ""
}

// roles is who may do it instead.
func roles(who []cases.Role) (data []string) {
	for _, r := range who {
		data = append(data, "Who", string(r))
	}
	return data
}

// inWords writes roles in words.
func inWords(who []string) (names []string) {
	for _, r := range who {
		switch cases.Role(r) {
		case cases.System:
			names = append(names, "the bot")
		case cases.Worker:
			names = append(names, "the worker")
		case cases.Desk:
			names = append(names, "the network desk")
		case cases.Partner:
			names = append(names, "the organisation it was referred to")
		default:
			names = append(names, "a "+r)
		}
	}
	return names
}
