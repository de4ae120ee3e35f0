package telegram

import (
	"encoding/json"
	"mime"
	"strings"

	"workervoice/channels"
)

// words returns what the worker wrote in m: its text, or the caption.
func (m *incoming) words() string {
	switch {
	case m.Text != "":
		return m.Text
	case m.Caption != "":
		return m.Caption
	case len(m.Rich) > 0:
		return plain(m.Rich)
	}
	return ""
}

// attached adds to e what m carries beside words.
func (m *incoming) attached(e *channels.Event) {
	switch {
	case m.Voice != nil:
		e.Media = media(m.Voice, "audio/ogg", true)
	case m.Audio != nil:
		e.Media = media(m.Audio, "audio/mpeg", false)
	case m.Video != nil:
		e.Media = media(m.Video, "video/mp4", false)
	case m.VideoNote != nil:
		e.Media = media(m.VideoNote, "video/mp4", false)
	case m.Animation != nil: // comes with a document that is the same
		e.Media = media(m.Animation, "video/mp4", false)
	case m.Document != nil:
		e.Media = media(m.Document, "application/octet-stream", false)
	case len(m.Photo) > 0:
		p := largest(m.Photo)
		e.Media = media(&file{ID: p.ID, Size: p.Size}, "image/jpeg", false)
	case m.Location != nil:
		e.Place = place(*m.Location, m.Venue)
	case m.Contact != nil:
		e.What, e.Text = "contact", m.Contact.words()
	case m.Sticker != nil:
		e.What = "sticker"
	case m.Poll != nil:
		e.What, e.Text = "poll", m.Poll.Question
	case m.Dice != nil:
		e.What = "dice"
	}
}

// media returns f as what the worker attached. What Telegram does not say, or
// says in a form that is no media type, is taken from the kind of message.
func media(f *file, usual string, voice bool) []channels.Media {
	if f.ID == "" {
		return nil
	}
	kind, _, err := mime.ParseMediaType(f.Type)
	if err != nil || !strings.Contains(kind, "/") {
		kind = usual
	}
	return []channels.Media{{
		Ref: f.ID, Type: kind, Name: f.Name, Size: max(f.Size, 0),
		Voice: voice, Seconds: max(f.Seconds, 0),
	}}
}

// largest returns the size of a photo with the most points. Telegram sends the
// same picture in several; which comes last is not promised.
func largest(ps []picture) picture {
	best := ps[0]
	for _, p := range ps[1:] {
		if float64(p.Width)*float64(p.Height) >= float64(best.Width)*float64(best.Height) {
			best = p
		}
	}
	return best
}

func place(l location, v *venue) *channels.Place {
	p := &channels.Place{Lat: l.Lat, Lng: l.Lng}
	if v != nil {
		p.Name = join(", ", v.Title, v.Address)
	}
	return p
}

func (c *contact) words() string {
	return join("\n", join(" ", c.First, c.Last), c.Phone)
}

// join is strings.Join without the parts that are empty.
func join(by string, parts ...string) string {
	var full []string
	for _, p := range parts {
		if p != "" {
			full = append(full, p)
		}
	}
	return strings.Join(full, by)
}

// plain returns the words of a rich message (Bot API 10.1), a line to a block.
func plain(rich json.RawMessage) string {
	var v any
	if json.Unmarshal(rich, &v) != nil {
		return ""
	}
	var b strings.Builder
	read(&b, v)
	all := strings.Split(b.String(), "\n")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return join("\n", all...)
}

// read writes the words in v, which is a rich text or a block, or several. The
// order is that in which they are read on the phone.
func read(b *strings.Builder, v any) {
	switch v := v.(type) {
	case string:
		b.WriteString(v)
	case []any:
		for _, x := range v {
			read(b, x)
		}
	case map[string]any:
		for _, k := range []string{"label", "text", "alternative_text", "expression"} {
			read(b, v[k])
		}
		for _, k := range []string{"summary", "cells", "items", "blocks", "caption", "credit"} {
			lines(b, v[k])
		}
	}
}

// lines is read for what stands on lines of its own.
func lines(b *strings.Builder, v any) {
	if v == nil {
		return
	}
	b.WriteString("\n")
	many, ok := v.([]any)
	if !ok {
		read(b, v)
		return
	}
	for _, x := range many {
		row, _ := x.([]any)
		for _, cell := range row {
			read(b, cell)
			b.WriteString(" ")
		}
		if row == nil {
			read(b, x)
		}
		b.WriteString("\n")
	}
}
