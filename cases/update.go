package cases

import "time"

// An Update is news to the workers of an issue, written once. It goes to each
// of them in the worker's own language and free hours.
type Update struct {
	ID      string
	Version int64 `json:"-"`
	Case    ID
	Issue   Code              `json:",omitempty"` // empty: to all who take part
	Kind    string            // Free, StatusOnly, or what follows "update." in the key of a text of the catalogue
	Texts   map[string]string `json:",omitempty"` // by language: all that is said if Kind is Free, else what fills in the words of the catalogue's text
	Args    map[string]string `json:",omitempty"` // of the catalogue's text: words, or a time as RFC 3339, or a key of the catalogue as "text:KEY"
	Instead string            `json:",omitempty"` // the language for workers in whose own nobody wrote; empty: they are left out, and shown
	Due     time.Time         `json:",omitzero"`  // before which workers hear again: the promise in it
	State   UpdateState
	Author  CaseworkerID
	Made    time.Time
	By      CaseworkerID `json:",omitempty"` // who approved it
	At      time.Time    `json:",omitzero"`  // when
	Status  Status       `json:",omitempty"` // of the case, then
	Wrong   string       `json:",omitempty"` // the update that this one corrects
	Right   string       `json:",omitempty"` // the update that corrects this one
	After   string       `json:",omitempty"` // how far it has been handed to conversations
	Total   int          `json:",omitempty"`
}

// Kinds of updates that are not the name of a text.
const (
	Free       = "free"   // in the caseworker's own words
	StatusOnly = "status" // where the case stands, by its name in the catalogue
)

// wordings names the placeholder in the catalogue's text that Texts fill in.
var wordings = map[string]string{Free: "Text", "responded": "Summary", "plan": "Plan", "clarify": "Question", "delayed": "Reason"}

// Wording returns the name of the placeholder that Texts fill in, or "" if an
// update of that kind needs no words of anybody.
func Wording(kind string) string { return wordings[kind] }

// Language returns in which language u is told to a worker who speaks lang, or
// "" if the worker is left out: nobody wrote it in lang nor Instead. What the
// bot made is told to everybody: where words are lacking, as a mere status.
func (u Update) Language(lang string) string {
	switch {
	case Wording(u.Kind) == "", u.Texts[lang] != "", u.Author == Bot.ID:
		return lang
	case u.Texts[u.Instead] != "":
		return u.Instead
	}
	return ""
}

// An UpdateState says how far an update is.
type UpdateState string

// States of an update.
const (
	UpdateDraft UpdateState = "draft"
	UpdateGoing UpdateState = "going" // approved: it is being handed out
	UpdateOut   UpdateState = "out"   // every worker's is on its way or there
)

// A DeliveryState says what has become of an update for one worker.
type DeliveryState string

// States of a delivery. Each worker is counted in exactly one.
const (
	ToSend    DeliveryState = "queued"
	ForHours  DeliveryState = "hours"     // waits for the worker's free time
	ForWorker DeliveryState = "contact"   // waits until the worker writes
	Behind    DeliveryState = "template"  // a neutral message went out; it waits for the tap
	SentOut   DeliveryState = "sent"      // the platform has it
	Arrived   DeliveryState = "delivered" // the phone has it
	Seen      DeliveryState = "read"      // the worker opened it
	Barred    DeliveryState = "blocked"   // the worker blocked or left the channel
	Failed    DeliveryState = "failed"    // the platform refuses it
	Gone      DeliveryState = "gone"      // the worker was erased or left the case
	LeftOut   DeliveryState = "untold"    // nobody wrote in the worker's language, or there is no chat
	Replaced  DeliveryState = "replaced"  // it was corrected before the worker read it: the correction is what is read
)

// DeliveryStates are all of them, in the order in which they are shown.
var DeliveryStates = []DeliveryState{ToSend, ForHours, ForWorker, Behind, SentOut, Arrived, Seen, Barred, Failed, LeftOut, Replaced, Gone}

// Becomes reports whether a delivery in state d may come to be in state to.
// News of what became of a message may come late or twice: a delivery that was
// read stays so, and one that has arrived is not on its way again.
func (d DeliveryState) Becomes(to DeliveryState) bool {
	far := map[DeliveryState]int{SentOut: 1, Arrived: 2, Seen: 3}
	switch d {
	case to, Seen, Gone, Replaced, LeftOut:
		return false
	case SentOut, Arrived: // the platform may yet say that it refuses it
		return far[to] > far[d] || to == Gone || to == Replaced || d == SentOut && (to == Failed || to == ForWorker || to == Behind || to == Barred)
	}
	return true
}

// Waits reports whether the worker has yet to be sent what the update says.
func (d DeliveryState) Waits() bool {
	return d == ToSend || d == ForHours || d == ForWorker || d == Behind || d == Barred
}

// A Delivery is what has become of an update for one worker.
type Delivery struct {
	Update  string
	Worker  WorkerID `json:",omitempty"` // empty once erased
	State   DeliveryState
	Lang    string `json:",omitempty"` // in which it is told, as planned when it was handed out
	Channel string `json:",omitempty"` // platform
	Why     string `json:",omitempty"` // in one word
	At      time.Time
	Until   time.Time `json:",omitzero"` // ForHours
}
