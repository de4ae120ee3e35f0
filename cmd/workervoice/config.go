package main

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"workervoice/channels"
)

// A config is everything that can be set, by a flag or by the variable of the
// environment named with it.
type config struct {
	addr, metrics string
	webhookAddr   string
	store         string
	data          string
	key           string
	public        string
	name, org     string
	independent   string
	unsafeRedis   bool
	joins         int
	debug         bool
	logForm       string        // text or json
	drain         string        // as given
	draining      time.Duration // the same
	backupDir     string
	now           func() time.Time // time.Now outside tests

	telegram struct{ token, secret, url, bot, rate, chatRate string }
	line     struct{ token, secret, url, data, id string }
	whatsapp struct{ token, secret, verify, phone, waba, url, number, template, templateLang, tier string }
}

// flags declares every flag on fs, with what the environment says as default.
func (c *config) flags(fs *flag.FlagSet) {
	text := func(p *string, name, env, otherwise, usage string) {
		fs.StringVar(p, name, otherwise, usage+" ["+env+"]")
		if v := os.Getenv(env); v != "" {
			*p = v // after StringVar: -help shows defaults, and this may be a secret
		}
	}
	text(&c.addr, "addr", "ADDR", "127.0.0.1:8080", "where the web chat and the console are served")
	text(&c.webhookAddr, "webhook-addr", "WEBHOOK_ADDR", "", "where platforms call, at /telegram, /line and /whatsapp; the same as -addr if empty")
	text(&c.metrics, "metrics-addr", "METRICS_ADDR", "", "where whoever runs the program finds figures at /metrics and how everything stands at /status: an address that nobody else reaches; nowhere if empty")
	text(&c.logForm, "log", "LOG_FORMAT", "text", "how the log is written: text or json")
	text(&c.drain, "drain", "DRAIN", "0s", "how long to go on working when asked to stop, while /readyz says no, so that a proxy sends to other processes; 0s where there are none")
	text(&c.backupDir, "backups", "BACKUP_DIR", "", "folder to which backups go, so that the age of the newest shows in the figures")
	text(&c.store, "store", "STORE", "", "sqlite:FILE; redis://[USER:PASSWORD@]HOST:PORT, with commas between the nodes of a Cluster, or the Sentinels and ?master_name=NAME; rediss:// for TLS; SQLite in the data folder if empty")
	text(&c.data, "data", "DATA_DIR", "data", "folder for the database, attachments and the master key")
	text(&c.key, "key", "MASTER_KEY_FILE", "", "file of the master key, made on first start; master.key in the data folder if empty")
	text(&c.public, "public", "PUBLIC_URL", "", "address under which the internet reaches this program, such as https://friend.example")
	text(&c.name, "name", "SERVICE_NAME", "Golden Friend", "what workers know the service by; harmless on a screen that others see")
	text(&c.org, "org", "ORG_NAME", "our team", "the organisation that reads what workers report")
	text(&c.independent, "independent", "INDEPENDENT_CONTACT", "an independent person", "who hears complaints about the service itself")
	text(&c.telegram.token, "telegram-token", "TELEGRAM_TOKEN", "", "token of the Telegram bot")
	text(&c.telegram.secret, "telegram-secret", "TELEGRAM_SECRET", "", "what Telegram shows with every webhook: 1 to 256 of A-Z a-z 0-9 _ -")
	text(&c.telegram.url, "telegram-url", "TELEGRAM_API_URL", "", "another address of the Telegram Bot API")
	text(&c.telegram.bot, "telegram-bot", "TELEGRAM_BOT", "", "the bot's username, for links; asked of Telegram if empty")
	text(&c.telegram.rate, "telegram-rate", "TELEGRAM_RATE", "", "messages a second over the bot, or 'none'; Telegram allows 30 without paying")
	text(&c.telegram.chatRate, "telegram-chat-rate", "TELEGRAM_CHAT_RATE", "", "messages a second to one worker, or 'none'; Telegram allows about 1")
	text(&c.line.token, "line-token", "LINE_CHANNEL_TOKEN", "", "channel access token of the LINE account")
	text(&c.line.secret, "line-secret", "LINE_CHANNEL_SECRET", "", "channel secret of the LINE account")
	text(&c.line.url, "line-url", "LINE_API_URL", "", "another address of the LINE Messaging API")
	text(&c.line.data, "line-data-url", "LINE_DATA_URL", "", "another address of LINE's content")
	text(&c.line.id, "line-id", "LINE_BASIC_ID", "", "the account's basic id, such as @abc1234, for links")
	text(&c.whatsapp.token, "whatsapp-token", "WHATSAPP_TOKEN", "", "access token of the WhatsApp Cloud API")
	text(&c.whatsapp.secret, "whatsapp-secret", "WHATSAPP_APP_SECRET", "", "the app's secret, which signs webhooks")
	text(&c.whatsapp.verify, "whatsapp-verify", "WHATSAPP_VERIFY_TOKEN", "", "what Meta shows when the webhook is set up")
	text(&c.whatsapp.phone, "whatsapp-phone", "WHATSAPP_PHONE_ID", "", "id of the sending number")
	text(&c.whatsapp.waba, "whatsapp-waba", "WHATSAPP_WABA_ID", "", "id of the business account")
	text(&c.whatsapp.url, "whatsapp-url", "WHATSAPP_API_URL", "", "another address of the Graph API")
	text(&c.whatsapp.number, "whatsapp-number", "WHATSAPP_NUMBER", "", "the number itself, with its country code, for links")
	text(&c.whatsapp.template, "whatsapp-template", "WHATSAPP_TEMPLATE", "", "approved template behind which news wait while the 24-hour window is closed")
	text(&c.whatsapp.templateLang, "whatsapp-template-lang", "WHATSAPP_TEMPLATE_LANG", "en", "language of that template")
	text(&c.whatsapp.tier, "whatsapp-tier", "WHATSAPP_TIER", "250", "workers to whom WhatsApp lets the account send a template in 24 hours: 250, 2000, 10000, 100000, or none")
	fs.BoolVar(&c.unsafeRedis, "unsafe-redis", false, "accept a Redis that may lose what it has acknowledged")
	fs.IntVar(&c.joins, "joins-a-minute", 100, "workers who may join a case by one code within a minute; those after them wait until a caseworker has looked")
	fs.BoolVar(&c.debug, "debug", false, "log more, and serve profiles with the counters")
}

// check completes c and says in one line what is wrong with it.
func (c *config) check() error {
	c.public = strings.TrimRight(c.public, "/")
	if c.public != "" {
		u, err := url.Parse(c.public)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return errors.New("PUBLIC_URL must be an address such as https://friend.example")
		}
	}
	if c.store == "" {
		c.store = "sqlite:" + filepath.Join(c.data, "voice.db")
	}
	if c.key == "" {
		c.key = filepath.Join(c.data, "master.key")
	}
	var err error
	if c.draining, err = time.ParseDuration(c.drain); err != nil || c.draining < 0 || c.draining > 5*time.Minute {
		return fmt.Errorf("DRAIN is %q: it must be a time such as 8s, five minutes at most", c.drain)
	}
	if c.webhookAddr == c.addr {
		c.webhookAddr = ""
	}
	return nil
}

// tier reads "250" or "none" as a number of workers a day; zero is no limit.
func tier(s string) (int, error) {
	switch s {
	case "":
		return 250, nil
	case "none":
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("WHATSAPP_TIER is %q: it must be a number of workers a day, or none", s)
	}
	return n, nil
}

// rate reads "30", "1.5" or "none" as messages a second.
func rate(name, s string, otherwise channels.Rate) (channels.Rate, error) {
	switch s {
	case "":
		return otherwise, nil
	case "none":
		return channels.Rate{Messages: 1_000_000, Per: time.Second, Burst: 1_000_000}, nil
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n <= 0 || n > 100_000 {
		return otherwise, fmt.Errorf("%s is %q: it must be a number of messages a second, or none", name, s)
	}
	return channels.Rate{Messages: max(int(n*60), 1), Per: time.Minute, Burst: max(int(n), 1)}, nil
}
