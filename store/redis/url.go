package redis

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// silent says nothing: what the client library would print, a line for every
// try, comes back as an error that is told once, and in words that help.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func init() { redis.SetLogger(silent{}) }

// connect returns a client of the servers that where names, see [Open]. It
// calls greet for every connection that is made, before it is used.
func connect(where string, greet func(context.Context, *redis.Conn) error) (redis.UniversalClient, error) {
	where, several, err := gather(where)
	if err != nil {
		return nil, err
	}
	quiet := &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	switch {
	case strings.Contains(where, "master_name="):
		o, err := redis.ParseFailoverURL(where)
		if err != nil {
			return nil, wrong(err)
		}
		o.MaxRetries, o.DialerRetries, o.OnConnect, o.DisableIdentity = -1, 1, greet, true // whether to repeat is not for the client to say
		return redis.NewFailoverClient(o), nil
	case several:
		o, err := redis.ParseClusterURL(where)
		if err != nil {
			return nil, wrong(err)
		}
		o.MaxRedirects, o.DialerRetries, o.OnConnect, o.DisableIdentity, o.MaintNotificationsConfig = 3, 1, greet, true, quiet
		return redis.NewClusterClient(o), nil
	}
	o, err := redis.ParseURL(where)
	if err != nil {
		return nil, wrong(err)
	}
	o.MaxRetries, o.DialerRetries, o.OnConnect, o.DisableIdentity, o.MaintNotificationsConfig = -1, 1, greet, true, quiet
	return redis.NewClient(o), nil
}

// gather rewrites several HOST:PORT with commas between them as the client
// wants them, and reports whether there are several.
func gather(where string) (string, bool, error) {
	scheme, rest, ok := strings.Cut(where, "://")
	if !ok || scheme != "redis" && scheme != "rediss" {
		return "", false, errors.New("redis: STORE must be redis://HOST:PORT, or rediss:// for TLS")
	}
	end := len(rest)
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		end = i
	}
	who, hosts := "", rest[:end]
	if i := strings.LastIndexByte(hosts, '@'); i >= 0 {
		who, hosts = hosts[:i+1], hosts[i+1:]
	}
	all := strings.Split(hosts, ",")
	u, err := url.Parse(scheme + "://" + who + all[0] + rest[end:])
	if err != nil {
		return "", false, wrong(err)
	}
	q := u.Query()
	for _, host := range all[1:] {
		q.Add("addr", host)
	}
	u.RawQuery = q.Encode()
	return u.String(), q.Has("addr"), nil
}

// wrong says what is the matter with an address, and shows nothing of it: it
// may hold a password.
func wrong(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return fmt.Errorf("redis: STORE is no address of a Redis, such as redis://USER:PASSWORD@HOST:PORT: %w", err)
}
