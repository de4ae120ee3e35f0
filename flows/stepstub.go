package flows

import "workervoice/channels"

// Step is the conversation's answer to an event.
func Step(s Session, e channels.Event) (Session, []Effect) { return s, nil }
