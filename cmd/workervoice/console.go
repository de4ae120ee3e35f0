package main

import (
	"context"
	"errors"
	"strings"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/channels/line"
	"workervoice/channels/telegram"
	"workervoice/channels/terminal"
	"workervoice/channels/web"
	"workervoice/channels/whatsapp"
	"workervoice/console"
	"workervoice/store"
)

// consoleConfig says what the pages show that anybody may see.
func (s *system) consoleConfig() console.Config {
	var links []channels.Linker
	for _, a := range s.adapters {
		if l, ok := a.(channels.Linker); ok {
			links = append(links, l)
		}
	}
	return console.Config{
		Name: s.name, Public: s.public, Links: links, Texts: s.word, Languages: s.texts.Languages(), Log: s.log,
		Link: func(ctx context.Context, code string) (string, bool, error) {
			l, err := s.store.Link(ctx, code)
			if errors.Is(err, store.ErrNotFound) {
				return "", false, nil
			}
			return l.Lang, err == nil, err
		},
		Opened: s.visited,
		Status: s.status,
	}
}

// officeConfig says what caseworkers' pages work with.
func (s *system) officeConfig() console.OfficeConfig {
	var infos []channels.Info
	for _, a := range s.adapters {
		infos = append(infos, a.Info())
	}
	return console.OfficeConfig{
		Store: s.store, Files: s.files, Engine: s.engine, Texts: s.texts, Channels: infos,
		Name: s.name, Public: s.public, Secure: strings.HasPrefix(s.public, "https:"), Log: s.log, Now: s.now,
	}
}

// visited counts that a link's page was opened, and nothing about who did.
func (s *system) visited(ctx context.Context, code string) {
	if err := s.store.Visited(ctx, code); err != nil {
		s.log.Warn("a visit of a link's page was not counted", "err", err)
	}
}

// status is what whoever runs the program sees on the start page.
func (s *system) status(ctx context.Context) (st console.Status, err error) {
	stats, err := s.store.Stats(ctx)
	if err != nil {
		return st, err
	}
	for _, a := range s.adapters {
		i := a.Info()
		note := s.todo(i.ID)
		st.Channels = append(st.Channels, console.ChannelStatus{ID: i.ID, Platform: i.Platform, Runs: note == "", Note: note})
	}
	open := int64(0)
	for _, n := range stats.Open {
		open += n
	}
	st.Counts = []console.Count{{Key: "console.open", N: open}, {Key: "console.danger", N: stats.Open[cases.Danger]}, {Key: "console.waiting", N: stats.Waiting}}
	return st, nil
}

// allInfos is what every channel can carry, configured or not.
func allInfos() (is []channels.Info) {
	tg, err1 := telegram.New(telegram.Config{ID: "telegram", Token: "0:x", Secret: "x"})
	ln, err2 := line.New(line.Config{ID: "line", Token: "x", Secret: "x"})
	wa, err3 := whatsapp.New(whatsapp.Config{ID: "whatsapp", Token: "x", AppSecret: "x", VerifyToken: "x", PhoneID: "1"})
	if err := errors.Join(err1, err2, err3); err != nil {
		panic(err) // nothing is missing
	}
	for _, a := range []channels.Adapter{tg, ln, wa, web.New(web.Config{ID: "web"}), terminal.New("terminal", nil, nil, "", nil)} {
		is = append(is, a.Info())
	}
	return is
}
