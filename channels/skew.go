package channels

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// A Skew says by how much the clock of this machine is ahead of a platform's,
// to about a second. The zero Skew says nothing.
type Skew struct {
	Known bool
	Ahead time.Duration // below zero: behind
}

// MaxSkew is how far the clocks may be apart before somebody has to act. It is
// well above what the time that an answer travels, and a slow platform, can
// make of it.
const MaxSkew = 2 * time.Minute

// SkewOf compares this machine's clock, when a request was made and when its
// answer had come, with the Date of that answer's header, which the platform
// writes somewhere between and rounds down to a second, and its Age, for which
// a proxy has kept it: https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1,
// https://www.rfc-editor.org/rfc/rfc9111#section-5.1. Without a Date, or with
// one that cannot be read, it returns the zero Skew.
func SkewOf(h http.Header, asked, answered time.Time) Skew {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return Skew{}
	}
	age, err := strconv.ParseUint(h.Get("Age"), 10, 31)
	if err != nil { // what cannot be read is to be left out
		age = 0
	}
	theirs := date.Add(time.Duration(age)*time.Second + time.Second/2)
	ours := asked.Add(answered.Sub(asked) / 2)
	return Skew{Known: true, Ahead: ours.Round(0).Sub(theirs)}
}

// Fault returns in one line what to do about a clock that is further from the
// platform's than [MaxSkew], or nil.
func (s Skew) Fault() error {
	way := "ahead of"
	switch {
	case s.Ahead < -MaxSkew:
		way = "behind"
	case s.Ahead <= MaxSkew: // also where it is not known
		return nil
	}
	return fmt.Errorf("the clock of this machine is %v %s the platform's: have it set by NTP (systemd-timesyncd: timedatectl set-ntp true; or chrony), no restart is needed", s.Ahead.Abs().Round(time.Second), way)
}
