package console

import (
	"errors"
	"strings"

	"workervoice/flows"
)

// whyNot says in the language of the page why something was refused, and what
// to do instead; "" if err is no [flows.Refusal].
func (v *visit) whyNot(err error) string {
	var r flows.Refusal
	if !errors.As(err, &r) {
		return ""
	}
	var values []any
	for name, codes := range r.Data {
		words := make([]string, len(codes))
		for i, code := range codes {
			words[i] = v.T(refusalWords[name] + code)
		}
		values = append(values, name, strings.Join(words, " / "))
	}
	return v.T("why."+r.Code, values...)
}

// refusalWords are the beginnings of the keys of what stands in a refusal.
var refusalWords = map[string]string{"Party": "party.", "Step": "step.", "Status": "st.", "From": "st.", "Who": "role."}
