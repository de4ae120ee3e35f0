package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// personal is what may name a worker or open an account. The program logs
// nothing of the kind, which tests see to; this net is for what they miss: the
// words of a library, or of the next fault.
var personal = regexp.MustCompile(`\bbot\d+:[\w-]{20,}` + // Telegram's addresses
	`|(?i:bearer\s+)\S+` +
	`|[\w.+-]+@[\w-]+\.[\w.]+` +
	`|\+\d[\d ()-]{6,}\d` + // telephone numbers
	`|\b\d{9,15}\b` + // the same, and chats
	`|\b[UCR][0-9a-f]{32}\b`) // LINE's names for people and groups

// newLog returns the program's log: one line each, as words or as JSON, with
// the time, the level, what happened and what to do. Secrets of c, and what
// looks like the name, number or address of a person, are masked.
func newLog(c *config, w io.Writer) (*slog.Logger, error) {
	level := slog.LevelInfo
	if c.debug {
		level = slog.LevelDebug
	}
	var secrets []string
	for _, s := range []string{c.telegram.token, c.telegram.secret, c.line.token, c.line.secret, c.whatsapp.token, c.whatsapp.secret, c.whatsapp.verify} {
		if s != "" {
			secrets = append(secrets, s, "…")
		}
	}
	for where := range strings.SplitSeq(c.store, ",") {
		if u, err := url.Parse(where); err == nil {
			if p, ok := u.User.Password(); ok && p != "" {
				secrets = append(secrets, p, "…")
			}
		}
	}
	hide := strings.NewReplacer(secrets...)
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		switch a.Value.Kind() {
		case slog.KindString:
		case slog.KindAny:
			if _, ok := a.Value.Any().(*slog.Source); ok || a.Key == slog.LevelKey {
				return a
			}
		default:
			return a
		}
		text := a.Value.String()
		if err, ok := a.Value.Any().(error); ok {
			text = oneLine(err)
		} else if s, ok := a.Value.Any().(fmt.Stringer); ok {
			text = s.String()
		}
		return slog.String(a.Key, personal.ReplaceAllString(hide.Replace(text), "…"))
	}}
	switch c.logForm {
	case "text":
		return slog.New(slog.NewTextHandler(w, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, o)), nil
	}
	return nil, fmt.Errorf("LOG_FORMAT is %q: it must be text or json", c.logForm)
}

// oneLine says an error that is several in one line, and each of them once: what
// a store that is gone says of everything that it was asked.
func oneLine(err error) string {
	var all []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if line != "" && !slices.Contains(all, line) {
			all = append(all, line)
		}
	}
	return strings.Join(all, "; ")
}
