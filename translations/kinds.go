package translations

import "workervoice/channels"

// A Kind says what a text is used as, and so how long it may be.
type Kind string

// Kinds of texts.
const (
	Body       Kind = "body"    // a message
	Button     Kind = "btn"     // the label of a button
	Row        Kind = "row"     // the label of a choice in a list
	Desc       Kind = "desc"    // the second line of a choice in a list
	ListButton Kind = "listbtn" // what opens a list
	Footer     Kind = "footer"  // the small line under a message
	Preview    Kind = "alt"     // what shows outside the chat
	Template   Kind = "tmpl"    // a message that the platform approves beforehand: filled in with "{{1}}" to be registered
	Word       Kind = "word"    // a part of other texts
)

// limits are those of the strictest platform, WhatsApp, whose API description
// (v23.0) gives them; it does not say what it counts, and UTF-16 units are the
// longest count for our scripts. Preview is our own: a phone shows no more.
var limits = map[Kind]channels.Limit{
	Body:       {N: 1024},
	Button:     {N: 20},
	Row:        {N: 24},
	Desc:       {N: 72},
	ListButton: {N: 20},
	Footer:     {N: 60},
	Preview:    {N: 60},
	Template:   {N: 1024},
	Word:       {N: 80},
}

// Limit returns the greatest length of a text of kind k on any platform.
func (k Kind) Limit() channels.Limit { return limits[k] }
