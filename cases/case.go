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
	Urgent   bool   // an alert that nobody has taken
	Assignee CaseworkerID
	Org      OrgID // the organisation responsible
	Opened   time.Time
	Due      time.Time // when the worker has been promised an answer

	Issues []Issue `json:",omitempty"` // each kind of abuse, with its own life
	Tracks []Track `json:",omitempty"` // what goes on with each counterpart
	Size   int     `json:",omitempty"` // workers who take part
	Held   int     `json:",omitempty"` // workers who joined and are not let in yet
	Lost   int     `json:",omitempty"` // of Size, those who cannot be reached
	Many   bool    `json:",omitempty"` // the report says that more than ten workers are concerned
	Lead   OrgID   `json:",omitempty"` // who referred it, while Org has yet to accept it
	Teams  []OrgID `json:",omitempty"` // other organisations that may read it
	Scope  *Scope  `json:",omitempty"` // what Org may see of it, after a referral; nil: all

	// Allow counts the workers who allow something: Raise, Guess, or to share
	// the case with a party or an organisation, by its name.
	Allow map[string]int `json:",omitempty"`

	Code   string    `json:",omitempty"` // with which workers join; empty while nobody may
	Ask    bool      `json:",omitempty"` // who joins is held until a caseworker lets them in
	Parent ID        `json:",omitempty"` // the case that this one was split from
	Into   ID        `json:",omitempty"` // the case that this one was merged into
	Links  []ID      `json:",omitempty"` // cases that belong together with it, such as others at the employer
	Clocks []Clock   `json:",omitempty"` // what falls due
	News   time.Time `json:",omitzero"`  // when its workers last heard of it
	Paused bool      `json:",omitempty"` // nobody writes to the employer until a person decides: retaliation or danger
}

// A Scope is what an organisation may see of a case that was referred to it:
// the kinds of abuse, the answers chosen, and what has happened since.
type Scope struct {
	Org    OrgID
	Fields []string `json:",omitempty"`
	Since  time.Time
	By     OrgID `json:",omitempty"` // who referred it
	Ends   bool  `json:",omitempty"` // who referred it has no more to do with it once it is accepted
}

// A Status is where a case stands. Its name is also the key of what the worker
// is told: status.NAME.
type Status string

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

	Role    Role      `json:",omitempty"` // in which By acted; the worker's or the bot's own if empty
	Org     OrgID     `json:",omitempty"` // of By; Opened by the bot: who is responsible for the case
	Issue   Code      `json:",omitempty"` // what it is about; empty: every open issue
	With    Party     `json:",omitempty"` // of which track
	Other   string    `json:",omitempty"` // the case merged with or split off, the organisation referred to, the caseworker assigned, the code to join with
	Member  WorkerID  `json:",omitempty"` // whose claim it is about, where a caseworker speaks of a worker
	Answer  *Answered `json:",omitempty"` // what a worker says about a remedy
	Promise *Promise  `json:",omitempty"` // Planned
	Reason  string    `json:",omitempty"` // why, in the caseworker's words
	Fields  []string  `json:",omitempty"` // Referred: questions of the report whose answers go along
}

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
	Seconds int    `json:",omitempty"`
	Voice   bool   `json:",omitempty"`
	Sum     string `json:",omitempty"` // SHA-256 of the content as it came, in hex
}
