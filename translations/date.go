package translations

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Date returns the day and time of t in loc: "Monday 23 November, 18:00". A
// nil loc is the location of t.
//
// Digits are Latin, the clock has 24 hours and the calendar is the Gregorian
// one in every language, as on the workers' phones.
func (c *Catalog) Date(lang string, t time.Time, loc *time.Location) string {
	return c.date(lang, "date.time", t, loc)
}

// Day returns the day of t in loc: "Monday 23 November".
func (c *Catalog) Day(lang string, t time.Time, loc *time.Location) string {
	return c.date(lang, "date.day", t, loc)
}

// DayYear returns the day of t in loc with its year: "23 November 2026". In
// Thai the year is that of the Buddhist era, with the Gregorian in brackets.
func (c *Catalog) DayYear(lang string, t time.Time, loc *time.Location) string {
	return c.date(lang, "date.year", t, loc)
}

// Clock returns the time of day of t in loc: "18:00".
func (c *Catalog) Clock(lang string, t time.Time, loc *time.Location) string {
	return c.date(lang, "date.clock", t, loc)
}

// List joins items with the language's comma.
func (c *Catalog) List(lang string, items []string) string {
	return strings.Join(items, c.word(lang, "list.comma"))
}

// thaiYears are to be added for the Buddhist era.
const thaiYears = 543

func (c *Catalog) date(lang, pattern string, t time.Time, loc *time.Location) string {
	if loc != nil {
		t = t.In(loc)
	}
	text := c.word(lang, pattern)
	put := func(place string, word func() string) {
		if strings.Contains(text, place) { // most patterns have few of them
			text = strings.ReplaceAll(text, place, word())
		}
	}
	put("{{.Weekday}}", func() string { return c.word(lang, "day."+strconv.Itoa(int(t.Weekday()))) })
	put("{{.Day}}", func() string { return strconv.Itoa(t.Day()) })
	put("{{.Month}}", func() string { return c.word(lang, "month."+strconv.Itoa(int(t.Month()))) })
	put("{{.Year}}", func() string {
		if lang == "th" {
			return fmt.Sprintf("%d (%d)", t.Year()+thaiYears, t.Year())
		}
		return strconv.Itoa(t.Year())
	})
	put("{{.Clock}}", func() string { return t.Format("15:04") })
	return text
}

// word returns a text that dates and lists are made of, as it stands in its
// file. Load has made sure that there is one.
func (c *Catalog) word(lang, key string) string {
	t, ok := c.texts[lang]
	if !ok {
		t = c.texts[English]
	}
	return t.forms[key].Other
}

// words are the texts that Date and List cannot do without.
func words() []string {
	keys := []string{"date.time", "date.day", "date.year", "date.clock", "list.comma"}
	for day := range 7 {
		keys = append(keys, fmt.Sprintf("day.%d", day))
	}
	for month := 1; month <= 12; month++ {
		keys = append(keys, fmt.Sprintf("month.%d", month))
	}
	return keys
}
