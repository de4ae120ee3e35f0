package cases

import (
	"slices"
	"time"
)

// A Contact is a worker's safe-contact card: when and how the worker may be
// written to. The zero Contact is the careful default: evenings only.
type Contact struct {
	Country string   `json:",omitempty"` // where the work is: its clock counts
	Times   []string `json:",omitempty"` // morning, noon, evening, night, restday, any
	Rest    string   `json:",omitempty"` // day of rest, "0" for Sunday to "6"; empty if unknown
	Silent  bool     `json:",omitempty"` // only when the worker writes
	Paused  bool     `json:",omitempty"` // nothing until the worker writes again
	Open    bool     `json:",omitempty"` // news may show at once, whoever sees the phone
	Call    bool     `json:",omitempty"` // the worker would rather be called

	Still time.Time `json:",omitzero"` // nothing is pushed before: the phone may be in somebody else's hands
}

// A span of a day, in minutes after midnight. It may run past midnight.
type span struct{ from, to int }

// The free times a worker can choose. The default is the evening between
// shifts; before 06:30 and after 22:30 nothing is pushed unless it was chosen.
var spans = map[string]span{
	"morning": {6 * 60, 9 * 60},
	"noon":    {12 * 60, 13 * 60},
	"evening": {18 * 60, 22 * 60},
	"night":   {22 * 60, 25 * 60},
	"any":     {6*60 + 30, 22*60 + 30},
	"restday": {9 * 60, 20 * 60},
	"":        {18*60 + 30, 21*60 + 30},
}

// zones are where the clocks of work countries are kept.
var zones = map[string]string{
	"TH": "Asia/Bangkok", "KH": "Asia/Phnom_Penh", "LA": "Asia/Vientiane", "VN": "Asia/Ho_Chi_Minh", "MM": "Asia/Yangon",
	"MY": "Asia/Kuala_Lumpur", "SG": "Asia/Singapore", "TW": "Asia/Taipei", "KR": "Asia/Seoul", "JP": "Asia/Tokyo", "HK": "Asia/Hong_Kong",
	"NP": "Asia/Kathmandu", "BD": "Asia/Dhaka", "IN": "Asia/Kolkata", "MV": "Indian/Maldives",
	"AE": "Asia/Dubai", "OM": "Asia/Muscat", "QA": "Asia/Qatar", "BH": "Asia/Bahrain", "KW": "Asia/Kuwait", "SA": "Asia/Riyadh", "JO": "Asia/Amman", "LB": "Asia/Beirut",
	"GB": "Europe/London", "HR": "Europe/Zagreb", "BG": "Europe/Sofia", "GR": "Europe/Athens", "RO": "Europe/Bucharest", "PL": "Europe/Warsaw", "CY": "Asia/Nicosia", "MT": "Europe/Malta",
}

// Zone returns the clock of a country of work. Where a country is unknown it is
// Thailand's, where most of the first users work.
func Zone(country string) *time.Location {
	name, ok := zones[country]
	if !ok {
		name = zones["TH"]
	}
	l, err := time.LoadLocation(name)
	if err != nil { // no time zones on this machine: cmd embeds them
		return time.FixedZone("ICT", 7*3600)
	}
	return l
}

// Free returns when the worker may next be written to without having written:
// now itself if that is allowed. It returns the zero time if only the worker's
// own message opens the way.
func (c Contact) Free(now time.Time) time.Time {
	if c.Silent || c.Paused {
		return time.Time{}
	}
	if c.Still.After(now) {
		now = c.Still
	}
	local := now.In(Zone(c.Country))
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location())
	var best time.Time
	for day := -1; day <= 8; day++ {
		d := midnight.AddDate(0, 0, day)
		for _, s := range c.day(d.Weekday()) {
			from, to := d.Add(time.Duration(s.from)*time.Minute), d.Add(time.Duration(s.to)*time.Minute)
			switch {
			case !now.Before(to):
				continue
			case now.After(from):
				from = now
			}
			if best.IsZero() || from.Before(best) {
				best = from
			}
		}
		if !best.IsZero() && day >= 0 {
			return best
		}
	}
	return best
}

// day returns the free spans of a weekday.
func (c Contact) day(w time.Weekday) (ss []span) {
	for _, t := range c.Times {
		if s, ok := spans[t]; ok && t != "restday" {
			ss = append(ss, s)
		}
	}
	rest := c.Rest == string(rune('0'+int(w)))
	if rest && slices.Contains(c.Times, "restday") {
		ss = append(ss, spans["restday"])
	}
	if len(ss) == 0 && (c.Rest == "" || !slices.Contains(c.Times, "restday")) {
		ss = append(ss, spans[""])
	}
	return ss
}
