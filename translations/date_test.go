package translations

import (
	"strings"
	"testing"
	"time"
)

func TestDate(t *testing.T) {
	c := mustLoad(t)
	at := time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)
	bangkok := time.FixedZone("Bangkok", 7*3600)
	for _, tt := range []struct{ lang, date, day, year, clock string }{
		{"en", "Monday 23 November, 18:00", "Monday 23 November", "23 November 2026", "18:00"},
		{"my", "နိုဝင်ဘာ 23 ရက် တနင်္လာနေ့ 18:00 နာရီ", "နိုဝင်ဘာ 23 ရက် တနင်္လာနေ့", "2026 ခုနှစ် နိုဝင်ဘာ 23 ရက်", "18:00 နာရီ"},
		{"km", "ថ្ងៃចន្ទ ទី23 ខែវិច្ឆិកា ម៉ោង 18:00", "ថ្ងៃចន្ទ ទី23 ខែវិច្ឆិកា", "ថ្ងៃទី23 ខែវិច្ឆិកា ឆ្នាំ2026", "ម៉ោង 18:00"},
		{"ne", "नोभेम्बर 23, सोमबार 18:00 बजे", "नोभेम्बर 23, सोमबार", "2026 नोभेम्बर 23", "18:00 बजे"},
		{"th", "วันจันทร์ที่ 23 พฤศจิกายน เวลา 18:00 น.", "วันจันทร์ที่ 23 พฤศจิกายน", "23 พฤศจิกายน 2569 (2026)", "18:00 น."},
		{"vi", "Monday 23 November, 18:00", "Monday 23 November", "23 November 2026", "18:00"},
	} {
		for _, p := range [][2]string{
			{c.Date(tt.lang, at, bangkok), tt.date},
			{c.Day(tt.lang, at, bangkok), tt.day},
			{c.DayYear(tt.lang, at, bangkok), tt.year},
			{c.Clock(tt.lang, at, bangkok), tt.clock},
		} {
			if p[0] != p[1] {
				t.Errorf("%s: got %q, want %q", tt.lang, p[0], p[1])
			}
		}
	}
}

// The day is the one where the worker is, and every day of the year can be said.
func TestDateOfEveryDay(t *testing.T) {
	c := mustLoad(t)
	nepal := time.FixedZone("Nepal", 5*3600+45*60)
	late := time.Date(2026, 12, 31, 18, 15, 0, 0, time.UTC)
	if got, want := c.Date("en", late, nepal), "Friday 1 January, 00:00"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, lang := range c.Languages() {
		seen := make(map[string]bool)
		for n := range 365 {
			seen[c.Day(lang, late.AddDate(0, 0, n), nil)] = true
		}
		if len(seen) != 365 {
			t.Errorf("%s: %d different days in a year", lang, len(seen))
		}
		for day := range seen {
			if strings.Contains(day, "{{") {
				t.Errorf("%s: %q", lang, day)
			}
		}
	}
}

func TestList(t *testing.T) {
	c := mustLoad(t)
	if got, want := c.List("my", []string{"က", "ခ"}), "က၊ ခ"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
