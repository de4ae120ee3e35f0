package flows

import (
	"slices"

	"github.com/looplab/fsm"
)

// States of the conversation with a worker. They are stored with sessions:
// add, never rename. The questions of the report are in intake.tsv.
const (
	language  = "language"  // which language?
	safety    = "safety"    // is it safe to chat now?
	unsafe    = "unsafe"    // it is not: nothing until the worker writes
	consent   = "consent"   // may we write down what you tell us?
	declined  = "declined"  // no: only what needs no record
	menu      = "menu"      // what do you need?
	problem   = "problem"   // first level of the taxonomy
	sub       = "sub"       // second level
	check     = "check"     // the one question that a kind of abuse brings with it
	more      = "more"      // is there another problem?
	quick     = "quick"     // send now, or answer a few questions?
	review    = "review"    // everything told, before it is sent
	change    = "change"    // which answer to change?
	sent      = "sent"      // the receipt was given
	welcome   = "welcome"   // back after a long time with a report half told
	relang    = "relang"    // another language, in the middle of something
	switching = "switch"    // you write another language: do you want it?
	danger    = "danger"    // an alert is out; the worker may say where
	checkin   = "checkin"   // are you all right?
	selfharm  = "selfharm"  // asked plainly
	childask  = "childask"  // how old are you?
	person    = "person"    // in the queue for a person
	mycase    = "mycase"    // which case?
	status    = "status"    // how a case stands, and what to do about it
	adding    = "adding"    // something more for a case
	withdraw  = "withdraw"  // stop working on a case?
	forced    = "forced"    // did somebody tell you to?
	verify    = "verify"    // the secret word
	helping   = "helping"   // help numbers: which country?
	numbers   = "numbers"   // help numbers
	rights    = "rights"    // which country?
	topics    = "topics"    // rights about what?
	card      = "card"      // a rights card
	sharing   = "sharing"   // a link for others
	settings  = "settings"  // what to change?
	mydata    = "mydata"    // what is kept
	deleting  = "deleting"  // delete what?
	surely    = "surely"    // really?
	pairing   = "pairing"   // a code for another app was shown
	linked    = "linked"    // news here, or in the old app?
	complaint = "complaint" // about a helper, a mobilizer or us
	grouped   = "grouped"   // a group chat: nothing is said there twice
	joining   = "join"      // the same problem as the case whose code was brought?
	joinissue = "joinissue" // this kind of abuse, too?
	joinname  = "joinname"  // who may know the name?
	joinreply = "joinreply" // may we answer here?
	joincode  = "joincode"  // the code of a case, typed
	refer     = "refer"     // may another organisation get the case?
	which     = "which"     // which of several problems?
	fact      = "fact"      // did what was promised happen?
	amount    = "amount"    // was it as much as was promised?
	content   = "content"   // is the worker satisfied?
	missing   = "missing"   // what is missing?
	treated   = "treated"   // treated badly for asking for help?
	further   = "further"   // go on with the rest, or is it enough?
	recheck   = "recheck"   // some weeks later: still so?
	pressed   = "pressed"   // did somebody say what to answer?
	rating    = "rating"    // how was our help?
)

// Events of the conversation. Beside these, "to STATE" takes up again what was
// interrupted, "edit STATE" changes an answer, and next and back lead along
// the questions of the report.
const (
	chosen  = "chosen"
	yes     = "yes"
	no      = "no"
	next    = "next"
	back    = "back"
	finish  = "finish"
	send    = "send"
	discard = "discard"
	answer  = "answer"
	ask     = "ask"
	then    = "then " // with the question that follows: which depends on what was answered
)

// own are the states that are not questions of the report.
var own = []string{
	language, safety, unsafe, consent, declined, menu, problem, sub, check, more, quick, review, change, sent, welcome, relang,
	switching, danger, checkin, selfharm, childask, person, mycase, status, adding, withdraw, forced, verify, helping, numbers,
	rights, topics, card, sharing, settings, mydata, deleting, surely, pairing, linked, complaint, grouped,
	joining, joinissue, joinname, joinreply, joincode, refer,
	which, fact, amount, content, missing, treated, further, recheck, pressed, rating,
}

// opening are the states before the worker has agreed to anything.
var opening = []string{language, safety, unsafe, consent}

// conversation says which event leads where.
var conversation = newMachine(language, transitions(intake))

// fixed are the rows that do not depend on the questions of the report.
var fixed = fsm.Events{
	{Name: chosen, Src: []string{language}, Dst: safety},
	{Name: yes, Src: []string{safety}, Dst: consent},
	{Name: no, Src: []string{safety}, Dst: unsafe},
	{Name: chosen, Src: []string{unsafe}, Dst: safety},
	{Name: yes, Src: []string{consent, declined}, Dst: menu},
	{Name: no, Src: []string{consent}, Dst: declined},

	{Name: chosen, Src: []string{problem}, Dst: sub},
	{Name: back, Src: []string{sub}, Dst: problem},
	{Name: chosen, Src: []string{sub}, Dst: check},
	{Name: finish, Src: []string{check}, Dst: more},
	{Name: yes, Src: []string{more}, Dst: problem},
	{Name: no, Src: []string{more}, Dst: quick},
	{Name: finish, Src: []string{more}, Dst: review},

	{Name: ask, Src: []string{review}, Dst: change},
	{Name: back, Src: []string{change}, Dst: review},
	{Name: send, Src: []string{quick, review}, Dst: sent},
	{Name: discard, Src: []string{quick, review, welcome}, Dst: menu},

	{Name: chosen, Src: []string{mycase}, Dst: status},
	{Name: ask, Src: []string{status}, Dst: withdraw},
	{Name: yes, Src: []string{withdraw}, Dst: forced},
	{Name: chosen, Src: []string{helping}, Dst: numbers},
	{Name: back, Src: []string{numbers}, Dst: helping},
	{Name: chosen, Src: []string{rights}, Dst: topics},
	{Name: back, Src: []string{topics}, Dst: rights},
	{Name: chosen, Src: []string{topics}, Dst: card},
	{Name: back, Src: []string{card}, Dst: topics},
	{Name: ask, Src: []string{settings}, Dst: mydata},
	{Name: answer, Src: []string{settings}, Dst: pairing},
	{Name: chosen, Src: []string{deleting}, Dst: surely},
	{Name: back, Src: []string{surely}, Dst: deleting},

	{Name: yes, Src: []string{joining}, Dst: joinissue},
	{Name: next, Src: []string{joining, joinissue}, Dst: joinname},
	{Name: no, Src: []string{joining, joinissue}, Dst: menu},
	{Name: next, Src: []string{joinname}, Dst: joinreply},
	{Name: send, Src: []string{joinname, joinreply}, Dst: sent},
	{Name: ask, Src: []string{sharing}, Dst: joincode},

	{Name: then + which, Src: []string{status}, Dst: which},
	{Name: then + fact, Src: []string{status, which}, Dst: fact},
	{Name: then + amount, Src: []string{fact}, Dst: amount},
	{Name: then + content, Src: []string{fact, amount}, Dst: content},
	{Name: then + missing, Src: []string{fact, content}, Dst: missing},
	{Name: then + treated, Src: []string{content, missing}, Dst: treated},
	{Name: then + further, Src: []string{treated}, Dst: further},
	{Name: then + rating, Src: []string{treated, further, recheck}, Dst: rating},
}

// transitions are all rows: the fixed ones, those along the questions of the
// report, and those that take up again what was interrupted.
func transitions(qs []question) fsm.Events {
	es := slices.Concat(fixed, along(qs))
	all := slices.Clone(own)
	for _, q := range qs {
		all = append(all, string(q.state))
	}
	for _, to := range all {
		es = append(es, fsm.EventDesc{Name: "to " + to, Src: all, Dst: to})
	}
	return es
}

// along leads from the choice to answer questions through each of them to the
// review, back again, and into each from where an answer may be changed.
func along(qs []question) fsm.Events {
	first, last := string(qs[0].state), string(qs[len(qs)-1].state)
	es := fsm.Events{
		{Name: answer, Src: []string{quick}, Dst: first},
		{Name: back, Src: []string{first}, Dst: quick},
		{Name: next, Src: []string{last}, Dst: review},
		{Name: back, Src: []string{review}, Dst: last},
		{Name: "edit " + problem, Src: []string{change}, Dst: problem},
	}
	for i, q := range qs {
		at := string(q.state)
		if i > 0 {
			before := string(qs[i-1].state)
			es = append(es, fsm.EventDesc{Name: next, Src: []string{before}, Dst: at}, fsm.EventDesc{Name: back, Src: []string{at}, Dst: before})
		}
		es = append(es, fsm.EventDesc{Name: finish, Src: []string{at}, Dst: review},
			fsm.EventDesc{Name: "edit " + at, Src: []string{change, settings, sent}, Dst: at})
	}
	return es
}
