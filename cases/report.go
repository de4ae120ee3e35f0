package cases

import (
	"slices"
	"time"
)

// A Report is what one worker told, answer by answer. Every answer may be
// missing: a report with one code, one sentence or one voice note is complete.
type Report struct {
	ID       ID // the case that it opens
	Begun    time.Time
	Kinds    []Code            `json:",omitempty"`
	Answers  map[string]Answer `json:",omitempty"` // by question: "site", "when" ...
	Skipped  []string          `json:",omitempty"` // questions that the worker passed over
	Story    []Part            `json:",omitempty"` // in the order told
	Checks   map[string]string `json:",omitempty"` // answers to the questions asked at once
	Severity Severity          `json:",omitempty"`
	Sent     time.Time         `json:",omitzero"`
}

// An Answer is what a worker answered to one question.
type Answer struct {
	Choices []string `json:",omitempty"` // codes of the buttons pressed
	Text    string   `json:",omitempty"` // in the worker's own words, unchanged
	Voice   bool     `json:",omitempty"` // a voice note answers it: a person must listen
}

// A Part is a piece of a worker's story: words, or something attached.
type Part struct {
	At      time.Time
	Message string       `json:",omitempty"` // the platform's name, to find it when it is taken back
	Asked   string       `json:",omitempty"` // the question that stood open
	Text    string       `json:",omitempty"`
	Media   []Attachment `json:",omitempty"`
}

// Clone returns a copy that shares nothing with r.
func (r *Report) Clone() *Report {
	if r == nil {
		return nil
	}
	c := *r
	c.Kinds, c.Skipped, c.Story = slices.Clone(r.Kinds), slices.Clone(r.Skipped), slices.Clone(r.Story)
	c.Answers = make(map[string]Answer, len(r.Answers)+1)
	for k, v := range r.Answers {
		c.Answers[k] = v
	}
	c.Checks = make(map[string]string, len(r.Checks)+1)
	for k, v := range r.Checks {
		c.Checks[k] = v
	}
	return &c
}

// Has reports whether question was answered or passed over. Nothing was in a
// nil Report.
func (r *Report) Has(question string) bool {
	if r == nil {
		return false
	}
	_, ok := r.Answers[question]
	return ok || slices.Contains(r.Skipped, question)
}

// First returns the first choice of an answer, or "".
func (r *Report) First(question string) string {
	if r == nil {
		return ""
	}
	if a := r.Answers[question]; len(a.Choices) > 0 {
		return a.Choices[0]
	}
	return ""
}

// Empty reports whether nothing was told that a person could act on.
func (r *Report) Empty() bool { return len(r.Kinds) == 0 && len(r.Story) == 0 }
