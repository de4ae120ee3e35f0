// Package cases defines what a case file holds: what a worker reported, the
// timeline of what was done about it, and the people involved.
//
// It is vocabulary only: no storage, no network, no clock.
package cases

import (
	"crypto/sha256"
	"log/slog"
	"time"
)

// Identifiers.
type (
	ID           string // of a case
	WorkerID     string // a pseudonym: it tells nothing to those without the store's key
	CaseworkerID string
	OrgID        string
)

// A Case is a root problem at one workplace or recruiter and what becomes of
// it. It holds codes and times only; whatever names or quotes a worker is in a
// Report or an Entry, sealed with that worker's key.
type Case struct {
	ID       ID
	Version  int64 `json:"-"` // rises by one with every entry
	Ref      string
	Status   Status
	Severity Severity
	Kinds    []Code
	Country  string // ISO 3166 code, empty if unknown
	Lang     string // of the worker who reported
	Channel  string // the platform of the report
	Workers  []WorkerID
	Urgent   bool // an alert that nobody has taken
	Assignee CaseworkerID
	Org      OrgID // the organisation responsible
	Opened   time.Time
	Due      time.Time // when the worker has been promised an answer
}

// A Status is where a case stands. Its name is also the key of what the worker
// is told: status.NAME.
type Status string

// Statuses that a report passes by itself.
const (
	Received  Status = "received"
	Withdrawn Status = "withdrawn" // by the worker; it can be taken up again
)

// refLetters leaves out letters and digits that are taken for one another.
const refLetters = "ABCDEFGHJKMNPQRSTVWXYZ23456789"

// RefOf returns the number of a case that may be said aloud, such as K7M-24P.
// It has no meaning and is always the same for the same case.
func RefOf(id ID) string {
	h := sha256.Sum256([]byte("ref/" + id))
	r := make([]byte, 0, 7)
	for i := range 6 {
		if i == 3 {
			r = append(r, '-')
		}
		r = append(r, refLetters[int(h[i])%len(refLetters)])
	}
	return string(r)
}

// A Caseworker is who acts on cases: a person of an organisation, or the Bot.
type Caseworker struct {
	ID  CaseworkerID
	Org OrgID
}

// Bot acts for the workers who speak to it.
var Bot = Caseworker{ID: "bot"}

// An Entry is one thing that happened to a case. Entries are never changed or
// removed; a case is the sum of its entries.
type Entry struct {
	Key      string // unique; the same whenever the step that made the entry is repeated
	Case     ID
	Worker   WorkerID `json:",omitempty"` // whom it quotes: sealed with this worker's key
	Kind     EntryKind
	At       time.Time
	By       CaseworkerID `json:",omitempty"` // zero when a worker or the bot did it
	Text     string       `json:",omitempty"`
	Media    []Attachment `json:",omitempty"`
	Severity Severity     `json:",omitempty"`
	Trigger  string       `json:",omitempty"` // Alerted: what set it off
	Report   *Report      `json:",omitempty"` // Opened, Told
	Lang     string       `json:",omitempty"`
	Channel  string       `json:",omitempty"`
	Due      time.Time    `json:",omitzero"`
}

// An EntryKind is a kind of Entry.
type EntryKind string

// Kinds of entries that a worker or the bot makes.
const (
	Opened      EntryKind = "opened"      // the report was sent
	Said        EntryKind = "said"        // the worker added something
	Told        EntryKind = "told"        // the worker answered a question left open: Report holds the whole
	Alerted     EntryKind = "alerted"     // danger
	Calmed      EntryKind = "calmed"      // the worker says that there is no danger; a person still looks
	Asked       EntryKind = "asked"       // the worker wants to talk to a person
	Withdrew    EntryKind = "withdrew"    // the worker wants the case stopped
	Resumed     EntryKind = "resumed"     // the worker wants a stopped case taken up again
	Complained  EntryKind = "complained"  // about a helper, a mobilizer or us: for the independent contact only
	Pressured   EntryKind = "pressured"   // somebody pressures the worker
	Retracted   EntryKind = "retracted"   // the worker took a message back
	Erased      EntryKind = "erased"      // the worker had everything deleted
	Unreachable EntryKind = "unreachable" // the worker blocked the channel or left it
)

// LogValue shows what n is, not what it says.
func (n Entry) LogValue() slog.Value {
	return slog.GroupValue(slog.String("kind", string(n.Kind)), slog.String("severity", n.Severity.String()))
}

// String shows no more than its kind.
func (n Entry) String() string { return "entry " + string(n.Kind) }

// GoString shows no more than its kind.
func (n Entry) GoString() string { return n.String() }

// An Attachment is a voice note, photo or document that a worker sent, kept
// sealed by the store under Ref.
type Attachment struct {
	Ref     string
	Type    string
	Size    int64
	Seconds int  `json:",omitempty"`
	Voice   bool `json:",omitempty"`
}
