package cases

import "time"

// An Update is news to the workers of an issue, written once. It goes to each
// of them in the worker's own language and free hours.
type Update struct {
	ID      string
	Version int64 `json:"-"`
	Case    ID
	Issue   Code              `json:",omitempty"` // empty: to all who take part
	Kind    string            // raised, responded, plan, no news, late, free ... : the text of the catalogue, or free
	Texts   map[string]string `json:",omitempty"` // by language: what happened, what comes next, by when
	Args    map[string]string `json:",omitempty"` // of the catalogue's text
	Instead string            `json:",omitempty"` // the language for workers in whose own nobody wrote; empty: they are left out, and shown
	Due     time.Time         `json:",omitzero"`  // before which workers hear again: the promise in it
	State   UpdateState
	Author  CaseworkerID
	Made    time.Time
	By      CaseworkerID `json:",omitempty"` // who approved it
	At      time.Time    `json:",omitzero"`  // when
	Wrong   string       `json:",omitempty"` // the update that this one corrects
	Right   string       `json:",omitempty"` // the update that corrects this one
	After   string       `json:",omitempty"` // how far it has been handed to conversations
	Total   int          `json:",omitempty"`
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
	LeftOut   DeliveryState = "untold"    // nobody wrote in the worker's language
)

// A Delivery is what has become of an update for one worker.
type Delivery struct {
	Update string
	Worker WorkerID
	State  DeliveryState
	Why    string `json:",omitempty"` // in one word
	At     time.Time
	Until  time.Time `json:",omitzero"` // ForHours
}
