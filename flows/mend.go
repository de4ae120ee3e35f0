package flows

import (
	"slices"

	"workervoice/cases"
)

// mend takes out of a stored session what there is no more: a state, a
// question or a country that an older version of the program knew, or that a
// fault has left behind. What the worker has told stays, and a session of
// today is left as it is.
func (t *talk) mend() {
	s := &t.s
	s.Mine = slices.DeleteFunc(s.Mine, func(m Mine) bool { return m.ID == "" })
	for i := range s.Mine {
		if m := &s.Mine[i]; m.Ref == "" || m.Status == "" {
			m.Ref, m.Status = cases.RefOf(m.ID), cases.Received
		}
	}
	if s.Draft != nil && s.Draft.ID == "" {
		s.Draft.ID = t.newCase()
	}
	s.News.mend()
	s.mendChecks()
	if s.Danger != nil && s.Danger.Case == "" {
		s.Danger = nil
	}
	if s.Extra > len(s.Mine) || s.Extra < 0 && s.Topic != asSetting {
		s.Extra = 0
	}
	if s.Extra == 0 && s.Topic == asSetting {
		s.Topic = ""
	}
	t.mendJoin()
	s.mendRefers()
	if q, _ := find("country"); q.option(s.Contact.Country) == "" {
		s.Contact.Country = ""
	}
	if s.Offer != "" && !slices.Contains(Languages, s.Offer) {
		s.Offer = ""
	}
	s.Place = slices.DeleteFunc(s.Place, func(p Place) bool { return !s.holds(p.State, p.Mark) })
	if s.Lang != "" && !slices.Contains(Languages, s.Lang) {
		s.Lang, s.State = "", language
	}
	if s.State != "" && !s.holds(s.State, s.Mark) {
		s.State, s.Mark = t.home(), ""
	}
}

// holds reports whether there is a state, and in s what it is about.
func (s *Session) holds(state State, mark string) bool {
	switch state {
	case sub:
		return len(cases.Kinds.Below(s.Group)) > 0
	case check:
		return probes[mark].text != ""
	case mycase, status, adding, withdraw, forced:
		return len(s.Mine) > 0
	case person:
		return mark != ""
	case numbers, topics, card:
		return slices.Contains(countries, s.Country)
	case surely:
		return slices.Contains([]string{"chat", "me", "all"}, mark)
	case switching:
		return s.Offer != ""
	case refer:
		return len(s.Refers) > 0
	case joining, joinname, joinreply:
		return s.Join != nil
	case fact, amount, content, missing, treated, further, recheck, pressed, rating:
		return s.asks(mark)
	case which:
		return len(s.Mine) > 0 && len(s.Picked) > 1
	case joinissue:
		return s.Join != nil && s.Join.N < len(s.Join.Kinds)
	}
	_, ok := screens[state]
	return ok
}
