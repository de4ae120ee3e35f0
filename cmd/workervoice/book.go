package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"workervoice/bot"
	"workervoice/channels"
	"workervoice/channels/web"
	"workervoice/console"
	"workervoice/store"
)

// A book is where the web chat reads what was said: the transcript.
type book struct {
	id    channels.ID
	store *store.Store
	files *store.Files
}

const pageTurns = 80 // turns of a conversation on the page

func (b *book) address(user string) channels.Address {
	return channels.Address{Channel: b.id, User: user}
}

// Page implements [web.Book].
func (b *book) Page(ctx context.Context, user string) (p web.Page, err error) {
	a := b.address(user)
	_, session, err := b.store.Look(ctx, a)
	if errors.Is(err, store.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	xs, err := b.store.TranscriptTail(ctx, a, pageTurns)
	if err != nil {
		return p, err
	}
	rs, err := b.store.Receipts(ctx, a, 4*pageTurns)
	if err != nil {
		return p, err
	}
	sent := make(map[string]bool)
	for _, r := range rs {
		if r.State == store.SentState || r.State == store.MaybeTwice {
			sent[r.Key] = true
		}
	}
	p.Lang = session.Lang
	labels := make(map[string]string)
	for _, x := range xs {
		for i, ev := range x.Said {
			p.Lines = append(p.Lines, said(ev, fmt.Sprintf("%d.%d", x.Place, i), labels)...)
		}
		for i, m := range x.Sent {
			if len(m.Delete) > 0 { // hidden
				p.Lines, p.Choices = nil, nil
				continue
			}
			if m.Class == channels.Push || m.Class == channels.Nudge {
				if !sent[m.Key] { // waits for its hour
					continue
				}
			}
			p.Choices = m.Choices
			for _, c := range m.Choices {
				labels[c.Value] = c.Label
			}
			line := web.Line{ID: fmt.Sprintf("%d-%d", x.Place, i), Text: m.Text, At: x.At}
			if m.File != nil {
				line.File = &web.File{Ref: m.File.Ref, Type: m.File.Type, Seconds: m.File.Seconds}
			}
			p.Lines = append(p.Lines, line)
		}
		p.Version = fmt.Sprint(x.Place, ".", len(sent), ".", len(p.Lines))
	}
	return p, nil
}

// said is what the worker did, as it stands on the page.
func said(ev channels.Event, id string, labels map[string]string) (ls []web.Line) {
	if ev.Choice != "" {
		if l := labels[ev.Choice]; l != "" {
			ls = append(ls, web.Line{ID: id, Mine: true, Text: l, At: ev.At, Label: true})
		}
		return ls
	}
	if ev.Text != "" && ev.Kind == channels.Said {
		ls = append(ls, web.Line{ID: id, Mine: true, Text: ev.Text, At: ev.At})
	}
	for i, m := range ev.Media {
		ls = append(ls, web.Line{ID: fmt.Sprintf("%s.%d", id, i), Mine: true, At: ev.At, File: &web.File{Ref: m.Ref, Type: m.Type, Seconds: m.Seconds}})
	}
	return ls
}

// Keep implements [web.Book].
func (b *book) Keep(ctx context.Context, user string, r io.Reader, mediaType string) (string, int64, error) {
	return b.files.Upload(ctx, b.address(user), r, mediaType, web.MaxFile)
}

// Open implements [web.Book].
func (b *book) Open(ctx context.Context, user, ref string) (io.ReadCloser, string, int64, error) {
	if link, ok := strings.CutPrefix(ref, "qr/"); ok { // a link to share: nothing of the worker's
		png, err := console.PNG(link, 600)
		return io.NopCloser(bytes.NewReader(png)), "image/png", int64(len(png)), err
	}
	if name, ok := strings.CutPrefix(ref, bot.Attached); ok && user != "" {
		f, err := b.given(ctx, user, ref)
		if err != nil {
			return nil, "", 0, err
		}
		return b.content(ctx, name, f.Type, f.Size)
	}
	name, mediaType, ok := strings.Cut(ref, ";")
	if !ok || !store.IsUpload(name) {
		return nil, "", 0, fs.ErrNotExist
	}
	size := int64(-1)
	if user != "" {
		mine, err := b.mine(ctx, user, ref)
		if err != nil {
			return nil, "", 0, err
		}
		size = mine
		if kept, err := b.store.Attachment(ctx, b.address(user), ref); err == nil {
			name, size = kept.Ref, kept.Size
		}
	}
	return b.content(ctx, name, mediaType, size)
}

// content opens what is kept under a name.
func (b *book) content(ctx context.Context, name, mediaType string, size int64) (io.ReadCloser, string, int64, error) {
	r, err := b.files.Open(ctx, store.SubjectOf(name), name)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrErased) {
		err = fs.ErrNotExist
	}
	return r, mediaType, size, err
}

// mine returns the size of what the worker sent under ref, or fs.ErrNotExist.
func (b *book) mine(ctx context.Context, user, ref string) (int64, error) {
	xs, err := b.store.TranscriptTail(ctx, b.address(user), pageTurns)
	if err != nil {
		return 0, err
	}
	for _, x := range xs {
		for _, ev := range x.Said {
			for _, m := range ev.Media {
				if m.Ref == ref {
					return m.Size, nil
				}
			}
		}
	}
	return 0, fs.ErrNotExist
}

// given returns what a caseworker attached for this worker under ref, or
// fs.ErrNotExist.
func (b *book) given(ctx context.Context, user, ref string) (*channels.File, error) {
	xs, err := b.store.TranscriptTail(ctx, b.address(user), pageTurns)
	if err != nil {
		return nil, err
	}
	for _, x := range xs {
		for _, m := range x.Sent {
			if m.File != nil && m.File.Ref == ref {
				return m.File, nil
			}
		}
	}
	return nil, fs.ErrNotExist
}
