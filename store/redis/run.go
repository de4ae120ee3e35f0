package redis

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
)

// A call is what a script is given, and what becomes of it. Keys go by their
// place among KEYS.
type call struct {
	script *redis.Script
	keys   []string
	args   []any

	again func() // called before it is sent once more
	out   []any
	err   error
	end   *sync.WaitGroup
}

func (c *call) key(name string) int {
	if i := slices.Index(c.keys, name); i >= 0 {
		return i + 1
	}
	c.keys = append(c.keys, name)
	return len(c.keys)
}

func (c *call) op(name string, args ...any) { c.args = append(append(c.args, name), args...) }

const (
	patience   = 5 * time.Second // how long a fault may last that callers do not notice: a failover of a Cluster or by Sentinel takes 1 to 30 s
	replicated = time.Second     // how long replicas may take to have what was written
	shortest   = 10 * time.Millisecond
	longest    = 300 * time.Millisecond
)

// run runs scripts, each once, together with what else waits for the same
// server. Where nobody knows what became of one, or the server cannot take it
// now, it is sent again; scripts see to it that this changes nothing twice.
func (d *DB) run(calls ...*call) {
	end, pause := time.Now().Add(patience), shortest
	for left := calls; ; pause = min(2*pause, longest) {
		d.send(left)
		left = slices.DeleteFunc(slices.Clone(left), func(c *call) bool { return !transient(c.err) })
		if len(left) == 0 || time.Now().Add(pause).After(end) {
			return
		}
		wait(context.Background(), pause)
		for _, c := range left {
			if c.again != nil {
				c.again()
			}
		}
	}
}

// send sends calls to their servers and waits for the answers. Those for one
// server go in their order.
func (d *DB) send(calls []*call) {
	var end sync.WaitGroup
	end.Add(len(calls))
	var to []*line[*call]
	of := make(map[*line[*call]][]*call, 1)
	for _, c := range calls {
		l, err := d.line(c.keys[0])
		if c.end = &end; err != nil {
			c.err = err
			end.Done()
			continue
		}
		if of[l] == nil {
			to = append(to, l)
		}
		of[l] = append(of[l], c)
	}
	for _, l := range to {
		l.join(of[l]...)
	}
	end.Wait()
}

// line returns the line to the server that has a key.
func (d *DB) line(key string) (*line[*call], error) {
	if unfit := d.unfit.Load(); unfit != nil {
		return nil, unfit
	}
	c, err := d.server(key)
	if err != nil {
		return nil, err
	}
	l, ok := d.writes.Load(c)
	if !ok {
		l, _ = d.writes.LoadOrStore(c, &line[*call]{trips: 4, send: func(calls []*call) { d.trip(c, calls) }})
	}
	return l.(*line[*call]), nil
}

// server returns the server that has a key.
func (d *DB) server(key string) (*redis.Client, error) {
	if c, ok := d.c.(*redis.ClusterClient); ok {
		return c.MasterForKey(context.Background(), key)
	}
	return d.c.(*redis.Client), nil
}

// trip runs calls on one server in one round trip. WAIT speaks of what was
// written on the same connection, so it goes with them.
func (d *DB) trip(c *redis.Client, calls []*call) {
	ctx := context.Background() // one that ends would leave the outcome open
	cmds := make([]*redis.Cmd, len(calls))
	need := d.need.Load()
	replicas := redis.NewIntCmd(ctx, "wait", need, replicated.Milliseconds())
	_, fault := c.Pipelined(ctx, func(p redis.Pipeliner) error { // each command has its own error, but where no connection was made
		for i, x := range calls {
			cmds[i] = p.EvalSha(ctx, x.script.Hash(), x.keys, x.args...)
		}
		if need == 0 {
			return nil
		}
		return p.Process(ctx, replicas)
	})
	alone := d.need.Load() > replicas.Val() // also where the connection has only now told how many
	elsewhere, unknown := false, make(map[*redis.Script]bool)
	for i, x := range calls {
		if x.out, x.err = cmds[i].Slice(); cmds[i].Val() == nil && cmds[i].Err() == nil {
			x.err = fault
		}
		elsewhere = elsewhere || transient(x.err)
		if redis.HasErrorPrefix(x.err, "NOSCRIPT") { // the server was restarted or replaced, or its scripts flushed
			unknown[x.script] = true
		}
		if x.err == nil && alone {
			x.err = errAlone
		}
		if len(x.out) > 0 && x.out[0] == waiting { // it has done nothing, and is sent again
			x.err = store.ErrBusy
		}
	}
	for s := range unknown {
		s.Load(ctx, c) //nolint:errcheck // it is missed again
	}
	if cc, ok := d.c.(*redis.ClusterClient); ok && elsewhere {
		cc.ReloadState(ctx)
	}
	for _, x := range calls {
		x.end.Done()
	}
}

// read reads until it can be read, or for as long as a fault may last.
func (d *DB) read(ctx context.Context, f func() error) error {
	end, pause := time.Now().Add(patience), shortest
	for ; ; pause = min(2*pause, longest) {
		err := f()
		if !transient(err) || ctx.Err() != nil || time.Now().Add(pause).After(end) || !wait(ctx, pause) {
			return explain(err)
		}
	}
}
