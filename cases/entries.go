package cases

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
	Resumed     EntryKind = "resumed"     // the worker writes about a case that was stopped or closed
	Complained  EntryKind = "complained"  // about a helper, a mobilizer or us: for the independent contact only
	Pressured   EntryKind = "pressured"   // somebody pressures the worker
	Retracted   EntryKind = "retracted"   // the worker took a message back
	Erased      EntryKind = "erased"      // the worker had everything deleted
	Unreachable EntryKind = "unreachable" // the worker blocked the channel or left it
	Replied     EntryKind = "replied"     // the worker answered what a caseworker had asked
	Joined      EntryKind = "joined"      // the worker takes part in somebody else's case; Report holds the answers
	Answering   EntryKind = "answered"    // the worker says what came of a remedy: Answer
	Chose       EntryKind = "chose"       // the worker allows or forbids something: Trigger is "raise yes", "guess no", "name yes", "contact no", "share yes" (with With or Other), "plan yes"
	Retaliated  EntryKind = "retaliated"  // the worker was treated badly for having asked for help
)

// Kinds of entries that people make. Each stands in lifecycle.tsv of package
// flows, which says when it may happen and who may do it.
const (
	Proxied      EntryKind = "proxied"      // taken down for a worker by telephone or face to face
	Acknowledged EntryKind = "acknowledged" // a person has written to the worker
	Informed     EntryKind = "informed"     // only information was wanted
	Redirected   EntryKind = "redirected"   // not for us; Other says where it was sent
	Inquired     EntryKind = "inquired"     // one question to the worker
	Raised       EntryKind = "raised"       // put to the employer
	Referred     EntryKind = "referred"     // offered to another organisation
	Accepted     EntryKind = "accepted"     // by the organisation it was referred to
	Returned     EntryKind = "returned"     // by it, or because it did not answer
	Helped       EntryKind = "helped"       // what came of a referral: the worker is asked
	Responded    EntryKind = "responded"    // the employer answered; Text holds it word for word
	Refused      EntryKind = "refused"      // the answer does not deal with the issue
	Escalated    EntryKind = "escalated"    // to With, beside the employer
	Planned      EntryKind = "planned"      // Promise says what, by whom, by when
	Started      EntryKind = "started"      // work on the plan
	Progressed   EntryKind = "progressed"   // a step of the plan is done
	Claimed      EntryKind = "claimed"      // the employer says that it is fixed. It closes nothing
	Taken        EntryKind = "taken"        // a reopened issue is taken up, or an alert
	GaveUp       EntryKind = "gave up"      // closed as not fixed, Reason says why
	Merged       EntryKind = "merged"       // into Other
	Split        EntryKind = "split"        // off to Other
	Linked       EntryKind = "linked"       // with Other, the same employer
	Assigned     EntryKind = "assigned"     // to a caseworker of the organisation
	Judged       EntryKind = "judged"       // a person changed the severity
	Contacted    EntryKind = "contacted"    // a step with the counterpart With
	Admitted     EntryKind = "admitted"     // a worker who joined is let in
	Rejected     EntryKind = "rejected"     // a worker who joined is not
	Joining      EntryKind = "joining"      // others may join with a code, or no longer
	Noted        EntryKind = "noted"        // for the team only
	Updated      EntryKind = "updated"      // news to the workers: Other is the update
	Corrected    EntryKind = "corrected"    // an update was wrong: Other is the one that says so
	Resolved     EntryKind = "resolved"     // a supervisor has dealt with a retaliation; Reason says how
	Lettered     EntryKind = "lettered"     // a letter to a counterpart was made
	Confirmed    EntryKind = "confirmed"    // a second person confirms what Member told a caseworker
	Routed       EntryKind = "routed"       // to the organisation Other, before anybody works on it
)

// Kinds of entries that time makes.
const (
	Lapsed     EntryKind = "lapsed"     // the employer did not answer in time
	Checked    EntryKind = "checked"    // the workers are asked whether it is fixed
	Validated  EntryKind = "validated"  // by the workers' answers
	Settled    EntryKind = "settled"    // the worker says that it is enough
	Disputed   EntryKind = "disputed"   // a worker says that it is not fixed
	Unanswered EntryKind = "unanswered" // nobody answered though asked three times
	Rechecked  EntryKind = "rechecked"  // some weeks after closing
	Lost       EntryKind = "lost"       // the worker cannot be reached any more
	Polled     EntryKind = "polled"     // Member was asked; it is not told in the timeline
	Silent     EntryKind = "silent"     // nobody has written to the workers for too long
)
