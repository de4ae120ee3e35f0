package redis

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
)

var _ store.Herald = (*DB)(nil)

const (
	channel = "voice:words" // of pub/sub: what is said there is kept nowhere and costs no flush
	silence = 10 * time.Second
)

// Say implements [store.Herald].
func (d *DB) Say(ctx context.Context, words []byte) error {
	return explain(d.c.Publish(ctx, channel, words).Err())
}

// Hear implements [store.Herald]. A connection that was lost is made again, and
// what was said meanwhile is told as missed.
func (d *DB) Hear(ctx context.Context, f func(words []byte)) {
	missed := false
	for pause := shortest; ctx.Err() == nil && d.life.Err() == nil; pause = min(2*pause, longest) {
		if d.listen(ctx, f, missed) {
			pause = shortest
		}
		missed = true
		wait(ctx, pause)
	}
}

// listen hears what is said until the connection breaks, and reports whether
// there was one. missed says that something may have been said before.
func (d *DB) listen(ctx context.Context, f func(words []byte), missed bool) (heard bool) {
	ps := d.c.Subscribe(ctx, channel)
	defer ps.Close()
	defer context.AfterFunc(ctx, func() { ps.Close() })() // ends a wait
	for quiet := false; ; {
		m, err := ps.ReceiveTimeout(ctx, silence)
		var late net.Error
		if !quiet && errors.As(err, &late) && late.Timeout() { // is anybody there?
			quiet = true
			err = ps.Ping(ctx)
		}
		if err != nil {
			return heard
		}
		switch m := m.(type) {
		case *redis.Subscription:
			if heard = true; missed {
				f(nil)
			}
		case *redis.Message:
			if m.Payload == "" { // what a process held that has ended is due
				f(nil)
			} else {
				f([]byte(m.Payload))
			}
		case nil: // asked whether anybody is there
			continue
		}
		quiet = false
	}
}
