package main

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"workervoice/bot"
	"workervoice/cases"
	"workervoice/channels"
	"workervoice/channels/line"
	"workervoice/channels/telegram"
	"workervoice/channels/web"
	"workervoice/channels/whatsapp"
	"workervoice/console"
	"workervoice/store"
	redisstore "workervoice/store/redis"
	"workervoice/store/sqlite"
	"workervoice/translations"
)

// home is the organisation to which reports go as long as an installation
// knows only one.
const home cases.OrgID = "home"

// A system is the parts of the program, put together.
type system struct {
	config
	log      *slog.Logger
	store    *store.Store
	files    *store.Files
	texts    *translations.Catalog
	adapters []channels.Adapter
	web      *web.Adapter
	engine   *bot.Engine
	office   http.Handler // what caseworkers open
	made     bool         // the master key is new
	trouble  sync.Map     // of channels that are not ready: what the start page says of it, by ID
	closers  []io.Closer
}

// assemble opens the store and makes the channels that are configured, and
// more if given. Whoever assembles closes.
func assemble(ctx context.Context, c config, log *slog.Logger, more ...channels.Adapter) (s *system, err error) {
	s = &system{config: c, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.now == nil {
		s.now = time.Now
	}
	if err := os.MkdirAll(c.data, 0o700); err != nil {
		return s, fmt.Errorf("the data folder cannot be made, choose another with -data: %w", err)
	}
	master, made, err := masterKey(c.key)
	if err != nil {
		return s, err
	}
	s.made = made
	if s.texts, err = translations.Load(); err != nil {
		return s, err
	}
	if err := s.open(ctx, master); err != nil {
		return s, err
	}
	if err := s.owns(ctx); err != nil {
		return s, err
	}
	if err := s.channels(more); err != nil {
		return s, err
	}
	if err := s.makeEngine(master); err != nil {
		return s, err
	}
	office := console.NewOffice(s.officeConfig())
	s.closers, s.office = append(s.closers, office), office
	return s, nil
}

// open opens the store and the folder of attachments.
func (s *system) open(ctx context.Context, master store.Key) error {
	back, err := openStore(ctx, s.config.store, s.unsafeRedis)
	if err != nil {
		return err
	}
	if s.store, err = store.New(back, master, s.now); err != nil {
		return errors.Join(err, back.Close())
	}
	s.closers = append(s.closers, s.store)
	if err := succeed(ctx, back, s.data); err != nil {
		return err
	}
	s.store.Home(home)
	s.store.HoldJoins(s.joins)
	folder, err := store.OpenFolder(filepath.Join(s.data, "files"))
	if err != nil {
		return err
	}
	s.closers = append(s.closers, folder)
	s.files = s.store.UseFiles(folder)
	list, err := openErased(s.data)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, list)
	s.store.Register(list)
	return nil
}

// owns refuses a master key that is not the one that the store was made with. A
// store that cannot be reached yet keeps nothing until that is known.
func (s *system) owns(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	err := s.store.Own(ctx)
	switch {
	case errors.Is(err, store.ErrAuditKey):
		return fmt.Errorf("the store is damaged where it keeps the key of the audit log, and %s is the right master key: restore the last backup into an empty store, as docs/backup.md says; nothing was changed: %s", s.key, oneLine(err))
	case !errors.Is(err, store.ErrDamaged):
		return nil
	}
	why := "is not the master key"
	if s.made {
		why = "was not there, and a new one is not the master key"
		err = errors.Join(err, os.Remove(s.key))
	}
	return fmt.Errorf("%s %s that the store was made with: put back the copy that was kept; nothing was changed: %s", s.key, why, oneLine(err))
}

// makeEngine makes the engine of what assemble has put together so far.
func (s *system) makeEngine(master store.Key) error {
	dir, err := directory(s.data)
	if err != nil {
		return err
	}
	secret, err := hkdf.Key(sha256.New, master[:], nil, "attachments", 32)
	if err != nil {
		return err
	}
	perDay, err := tier(s.whatsapp.tier)
	if err != nil {
		return err
	}
	s.engine = bot.New(bot.Config{
		Store: s.store, Files: s.files, Channels: s.adapters, Texts: s.texts, Log: s.log, Now: s.now,
		Name: s.name, Org: s.org, Independent: s.independent, Public: s.public, Directory: dir,
		Template: s.whatsapp.template, TemplateLang: s.whatsapp.templateLang, Tier: perDay,
		Secret: [32]byte(secret), Draw: func(link string) ([]byte, error) { return console.PNG(link, 600) },
	})
	return nil
}

// Close closes what assemble opened, the last first.
func (s *system) Close() (err error) {
	for i := len(s.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, s.closers[i].Close())
	}
	s.closers = nil
	return err
}

// channels makes an adapter for every platform that has a token.
func (s *system) channels(more []channels.Adapter) error {
	s.adapters = more
	if t := s.telegram; t.token != "" {
		all, err := rate("TELEGRAM_RATE", t.rate, channels.Rate{})
		if err != nil {
			return err
		}
		one, err := rate("TELEGRAM_CHAT_RATE", t.chatRate, channels.Rate{})
		if err != nil {
			return err
		}
		a, err := telegram.New(telegram.Config{ID: "telegram", Token: t.token, Secret: t.secret, URL: t.url, Bot: t.bot, Rate: all, ChatRate: one, Commands: s.menu()})
		if err != nil {
			return err
		}
		s.adapters = append(s.adapters, a)
	}
	if l := s.line; l.token != "" || l.secret != "" {
		a, err := line.New(line.Config{ID: "line", Token: l.token, Secret: l.secret, URL: l.url, DataURL: l.data, BasicID: l.id})
		if err != nil {
			return err
		}
		s.adapters = append(s.adapters, a)
	}
	if w := s.whatsapp; w.token != "" || w.secret != "" {
		a, err := whatsapp.New(whatsapp.Config{ID: "whatsapp", Token: w.token, AppSecret: w.secret, VerifyToken: w.verify, PhoneID: w.phone, WABAID: w.waba, URL: w.url, Number: w.number})
		if err != nil {
			return err
		}
		s.adapters = append(s.adapters, a)
	}
	s.web = web.New(web.Config{ID: "web", Name: s.name, Public: s.public, Book: &book{"web", s.store, s.files}, Languages: s.texts.Languages(), Log: s.log, Now: s.now,
		Secure: strings.HasPrefix(s.public, "https:"), Texts: s.word})
	s.adapters = append(s.adapters, s.web)
	return nil
}

// word returns a text without placeholders, or its key.
func (s *system) word(lang, key string) string {
	w, err := s.texts.Text(lang, key, nil)
	if err != nil {
		return key
	}
	return w
}

// menu is Telegram's list of commands: harmless, in every language.
func (s *system) menu() map[string][]telegram.Command {
	m := make(map[string][]telegram.Command)
	for _, l := range s.texts.Languages() {
		for _, c := range [][2]string{{"menu", "btn.menu"}, {"language", "settings.language"}, {"sos", "btn.danger"}, {"hide", "btn.hide"}, {"person", "btn.person"}} {
			m[l] = append(m[l], telegram.Command{Name: c[0], Text: bare(s.word(l, c[1]))})
		}
	}
	m[""] = m[translations.English]
	return m
}

// bare returns a label without its emoji.
func bare(s string) string {
	if sign, words, ok := strings.Cut(s, " "); ok && sign != "" && []rune(sign)[0] >= 0x2000 { // the scripts in use stand below, symbols above
		return words
	}
	return s
}

func openStore(ctx context.Context, where string, unsafe bool) (store.Backend, error) {
	if file, ok := strings.CutPrefix(where, "sqlite:"); ok {
		file, slow, ok := strings.Cut(file, "?flush_delay=")
		if !ok {
			return sqlite.Open(file)
		}
		delay, err := time.ParseDuration(slow)
		if err != nil || delay < 0 || delay > time.Second {
			return nil, fmt.Errorf("STORE has flush_delay=%s: it must be a time such as 5ms, a second at most; leave it out but for measurements", slow)
		}
		return sqlite.OpenSlow(file, delay)
	}
	if strings.HasPrefix(where, "redis://") || strings.HasPrefix(where, "rediss://") {
		return redisstore.Open(ctx, where, unsafe)
	}
	return nil, errors.New("STORE must be sqlite:FILE or redis://HOST:PORT, or rediss:// for TLS")
}

// masterKey reads the master key, or makes one on first start.
func masterKey(file string) (k store.Key, made bool, err error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		rand.Read(k[:]) //nolint:errcheck // never fails
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return k, false, fmt.Errorf("the master key cannot be written, choose another place with -key: %w", err)
		}
		_, err = f.Write(k[:])
		return k, true, errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		return k, false, fmt.Errorf("the master key cannot be read, without it nothing can be: %w", err)
	}
	if len(b) != len(k) {
		return k, false, fmt.Errorf("%s does not hold a master key of %d bytes: put back the copy that was kept", file, len(k))
	}
	copy(k[:], b)
	return k, false, nil
}

// directory reads the help numbers and rights cards that an organisation keeps
// in the data folder. Without such files nothing of the kind is shown.
func directory(dir string) (d cases.Directory, err error) {
	read := func(name string) (string, error) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			return "", nil
		}
		return string(b), err
	}
	numbers, err := read("numbers.tsv")
	if err != nil {
		return d, err
	}
	cards, err := read("rights.tsv")
	if err != nil {
		return d, err
	}
	if d.Numbers, err = cases.ParseNumbers("numbers.tsv", numbers); err != nil {
		return d, err
	}
	d.Cards, err = cases.ParseCards("rights.tsv", cards)
	return d, err
}
