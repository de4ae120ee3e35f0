package redis

import (
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
)

var (
	errAlone = errors.New("redis: too few replicas have what was written: see that they are up; it is not acknowledged")
	errLate  = errors.New("redis: a commit came after those that followed it; it is not applied")
)

// passing are the first words of answers that a server gives while it starts,
// fails over or hands a part of its keys on. It has done nothing then.
var passing = []string{"READONLY", "LOADING", "MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "NOREPLICAS", "NOSCRIPT", "BUSY", "max number of clients"}

// transient reports whether a fault may be over in a moment. Whether something
// was done before it, nobody knows.
func transient(err error) bool {
	if err == nil {
		return false
	}
	var unfit *unfitError
	var said redis.Error
	switch {
	case errors.As(err, &unfit), errors.Is(err, errLate):
		return false
	case errors.As(err, &said):
		for _, p := range passing {
			if redis.HasErrorPrefix(err, p) {
				return true
			}
		}
		return false
	}
	return !strings.Contains(err.Error(), "tls: ") && !strings.Contains(err.Error(), "x509: ")
}

// advice says what to do about a fault, by what the server or the connection
// says of it.
var advice = [][2]string{
	{"WRONGPASS", "the user or the password in STORE is wrong"},
	{"NOAUTH", "it asks for a password: put one into STORE"},
	{"NOPERM", "the user in STORE may not do all that is needed: see the package comment for its rights"},
	{"LOADING", "it is still loading its data: wait, nothing is lost"},
	{"NOREPLICAS", "too few of its replicas are up: start them, nothing is acknowledged until then"},
	{"MISCONF", "its disk is full or fails: make room, nothing is lost and work goes on by itself"},
	{"OOM", "its memory is used up: raise maxmemory, nothing is lost and work goes on by itself"},
	{"CLUSTERDOWN", "a part of the Cluster is down: start its node or promote a replica"},
	{"READONLY", "it is a replica: name the primary, or Sentinels with ?master_name="},
	{"This instance has cluster support disabled", "it is no Cluster: name one address in STORE, or Sentinels with ?master_name="},
	{"syntax error", "it is older than Redis 7: update it"},
}

// explain says in one line what is wrong and what to do.
func explain(err error) error {
	var unfit *unfitError
	var said redis.Error
	switch {
	case err == nil, errors.Is(err, errAlone), errors.Is(err, errLate), errors.Is(err, store.ErrBusy), errors.Is(err, store.ErrHalf):
		return err
	case errors.As(err, &unfit):
		return unfit
	case errors.As(err, &said):
		for _, a := range advice {
			if redis.HasErrorPrefix(err, a[0]) {
				return fmt.Errorf("redis: %s: %w", a[1], err)
			}
		}
		return fmt.Errorf("redis: %w", err)
	case strings.Contains(err.Error(), "tls: "), strings.Contains(err.Error(), "x509: "):
		return fmt.Errorf("redis: no TLS with the server: redis:// is without, rediss:// with it, and SSL_CERT_FILE names its authority: %w", err)
	}
	return fmt.Errorf("redis: it cannot be reached: see that it runs, and that its disk is not full; work goes on by itself: %w", err)
}
