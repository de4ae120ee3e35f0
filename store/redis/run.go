package redis

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// An answer is what became of a script.
type answer struct {
	*redis.Cmd
	alone error // no replica has it
}

// replicated is how long a replica may take to have what was written.
const replicated = time.Second

var errAlone = errors.New("redis: no replica has what was written: see that they are up; it is not acknowledged")

// run runs a script once for each call, in one round trip to each server.
func (d *DB) run(ctx context.Context, s *redis.Script, calls []*call) []answer {
	as := make([]answer, len(calls))
	if !d.waits {
		all := make([]int, len(calls))
		for i := range all {
			all[i] = i
		}
		d.pipe(ctx, d.c, s, calls, as, all)
		return as
	}
	// WAIT speaks of what was written on the same connection, so each server
	// is asked by itself.
	at := make(map[*redis.Client][]int)
	for i, c := range calls {
		n, err := d.server(ctx, c.keys[0])
		if err != nil {
			as[i].Cmd = redis.NewCmd(ctx)
			as[i].SetErr(err)
			continue
		}
		at[n] = append(at[n], i)
	}
	for n, places := range at {
		d.pipe(ctx, n, s, calls, as, places)
	}
	for i, c := range calls {
		if err := as[i].Err(); redis.HasErrorPrefix(err, "MOVED") || redis.HasErrorPrefix(err, "ASK") { // nothing was done there
			as[i] = answer{s.Run(ctx, d.c, c.keys, c.args...), errAlone}
		}
	}
	return as
}

// server returns the server that has a key.
func (d *DB) server(ctx context.Context, key string) (*redis.Client, error) {
	if c, ok := d.c.(*redis.ClusterClient); ok {
		return c.MasterForKey(ctx, key)
	}
	return d.c.(*redis.Client), nil
}

// pipe runs the calls at some places.
func (d *DB) pipe(ctx context.Context, c redis.UniversalClient, s *redis.Script, calls []*call, as []answer, places []int) {
	var wait *redis.IntCmd
	c.Pipelined(ctx, func(p redis.Pipeliner) error { // each command has its own error
		for _, i := range places {
			as[i].Cmd = p.EvalSha(ctx, s.Hash(), calls[i].keys, calls[i].args...)
		}
		if d.waits {
			wait = redis.NewIntCmd(ctx, "wait", 1, replicated.Milliseconds())
			return p.Process(ctx, wait)
		}
		return nil
	})
	again := false
	for _, i := range places {
		if redis.HasErrorPrefix(as[i].Err(), "NOSCRIPT") { // the server was restarted or replaced
			as[i].Cmd, again = s.Run(ctx, c, calls[i].keys, calls[i].args...), true
		}
	}
	if wait == nil {
		return
	}
	if n, err := wait.Result(); err != nil || n < 1 || again {
		for _, i := range places {
			as[i].alone = errAlone
		}
	}
}
