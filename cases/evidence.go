package cases

import "time"

// An Evidence is something attached to a case. The original stays sealed as it
// came; Sum of its attachment proves that it has not changed since.
type Evidence struct {
	Place int64 // of the entry in the timeline that brought it
	Attachment
	At     time.Time
	Worker WorkerID     `json:",omitempty"` // who sent it; empty: By added it
	By     CaseworkerID `json:",omitempty"`
	Note   string       `json:",omitempty"` // of By
}

// An Export says what a case file was taken out of the system for. Whoever
// finds a copy can tell what it is and when it should be gone.
type Export struct {
	Purpose string
	Until   time.Time    // when the copy is to be destroyed
	Second  CaseworkerID `json:",omitempty"` // who agreed, where many workers are concerned
}
