package cases

import (
	"slices"
	"time"
)

// Opens returns when somebody of o next answers who speaks a language: the
// zero time if somebody does now, or if nobody has said when. An organisation
// that has nobody with the language in its hours answers in any of them.
func (o Organisation) Opens(now time.Time, lang string) time.Time {
	hours := slices.DeleteFunc(slices.Clone(o.Hours), func(h Hours) bool { return len(h.Langs) > 0 && !slices.Contains(h.Langs, lang) })
	if len(hours) == 0 {
		hours = o.Hours
	}
	zone, err := time.LoadLocation(o.Zone)
	if err != nil || o.Zone == "" {
		zone = Zone("")
	}
	local := now.In(zone)
	var next time.Time
	for day := -1; day <= 7; day++ { // a night shift has begun the day before
		for _, h := range hours {
			d := time.Date(local.Year(), local.Month(), local.Day()+day, 0, 0, 0, 0, zone)
			if d.Weekday() != h.Day {
				continue
			}
			to := h.To
			if to <= h.From {
				to += 24 * 60
			}
			from, until := clock(d, h.From), clock(d, to)
			switch {
			case !now.Before(from) && now.Before(until):
				return time.Time{}
			case from.After(now) && (next.IsZero() || from.Before(next)):
				next = from
			}
		}
	}
	return next
}

// clock returns what a clock on the wall shows that many minutes into a day,
// also on days on which clocks are changed.
func clock(day time.Time, minutes int) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, minutes, 0, 0, day.Location())
}
