package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"workervoice/store"
)

// An Op is something that one of several processes did to a conversation: its
// record, what it has seen, and who holds its lane.
type Op struct {
	Conv         int
	What         string // get, put, once, lease, finish, drop
	Version      int64  // expected, or got
	Body         int64  // put, or got
	Key          int    // once
	Fence        int64  // lease, finish
	Fate         string // ok, stale, seen; "" if nobody knows
	Began, Ended int64  // Unix nanoseconds
}

const (
	together = 4  // conversations in which all processes meet at a time
	stay     = 40 // operations of each process before they go on to others
	onceKeys = 6  // of a conversation
)

// Converse does n operations to conversations that begin with base, as one of
// several processes that do the same, and returns what it did.
func Converse(b store.Backend, base string, process, n int) []Op {
	r := rand.New(rand.NewPCG(uint64(process), uint64(n)))
	versions, fences := make(map[int]int64), make(map[int]int64)
	ops := make([]Op, n)
	for i := range ops {
		op := Op{Conv: i/stay*together + r.IntN(together), Key: r.IntN(onceKeys), Body: int64(process)<<32 + int64(i) + 1}
		op.What = []string{"get", "get", "put", "put", "once", "lease", "finish", "drop"}[r.IntN(8)]
		op.Version, op.Fence = versions[op.Conv], fences[op.Conv]
		if op.What == "lease" || op.Fence == 0 {
			op.Fence = op.Body
		}
		op.Began = time.Now().UnixNano()
		op.run(b, base)
		op.Ended = time.Now().UnixNano()
		switch ops[i] = op; {
		case op.What == "get":
			versions[op.Conv] = op.Version
		case op.What == "lease" && op.Fate == "ok":
			fences[op.Conv] = op.Fence
		}
	}
	return ops
}

// run carries out op and notes its fate.
func (op *Op) run(b store.Backend, base string) {
	id := fmt.Sprint(base, op.Conv)
	s, l := store.ShardOf(id), store.Lane{Queue: "linear", ID: id}
	if op.What == "get" {
		r, err := b.Get(ctx, s, "k", id)
		op.Version, op.Body = r.Version, 0
		if _, scan := fmt.Sscan(string(r.Body), &op.Body); err == nil && (scan == nil || r.Version == 0) {
			op.Fate = "ok"
		}
		return
	}
	batch := store.Batch{Shard: s, At: time.Now()}
	switch op.What {
	case "once":
		batch.Once = []string{fmt.Sprint(id, "/", op.Key)}
		fallthrough
	case "put":
		batch.Put = put(id, op.Version, fmt.Sprint(op.Body))
	case "lease":
		batch.Idle = []store.Lane{l}
		batch.Jobs = []store.Job{{Lane: l, Body: []byte("x"), Due: batch.At, Fence: op.Fence, Until: store.Held}}
	case "finish":
		batch.Done = []store.Done{{Lane: l, Fence: op.Fence, N: 1, Due: batch.At}}
	case "drop":
		batch.Drop = []store.Lane{l}
	}
	switch b.Commit(ctx, batch)[0].Err {
	case nil:
		op.Fate = "ok"
	case store.ErrStale:
		op.Fate = "stale"
	case store.ErrSeen:
		op.Fate = "seen"
	}
}

// A chatState is what a conversation is at a moment.
type chatState struct {
	version, body, holder int64
	seen                  uint
}

// after returns what op makes of a conversation, and its fate there.
func (op Op) after(s chatState) (chatState, string) {
	switch {
	case (op.What == "put" || op.What == "once") && op.Version != s.version,
		op.What == "lease" && s.holder != 0, op.What == "finish" && (s.holder == 0 || s.holder != op.Fence):
		return s, "stale"
	case op.What == "once" && s.seen>>op.Key&1 == 1:
		return s, "seen"
	}
	switch op.What {
	case "once":
		s.seen |= 1 << op.Key
		fallthrough
	case "put":
		s.version, s.body = s.version+1, op.Body
	case "lease":
		s.holder = op.Fence
	case "finish", "drop":
		s.holder = 0
	}
	return s, "ok"
}

// Linear reports in how many conversations what was done can not have happened
// one after the other, each operation at some moment between its beginning and
// its end, and how many conversations there are. An operation of which nobody
// knows the fate may have happened at any time after it began, or never.
func Linear(t testing.TB, ops []Op) (wrong, all int) {
	t.Helper()
	m := porcupine.Model{
		Init: func() any { return chatState{} },
		Step: func(state, in, _ any) (bool, any) {
			s, op := state.(chatState), in.(Op)
			if op.What == "get" {
				return op.Version == s.version && op.Body == s.body, s
			}
			next, fate := op.after(s)
			return fate == op.Fate || op.Fate == "", next
		},
	}
	convs := make(map[int][]porcupine.Operation)
	unknown := 0
	for _, op := range ops {
		if op.Fate == "" {
			unknown++
			if op.What == "get" {
				continue
			}
			op.Ended = 1<<63 - 1
		}
		convs[op.Conv] = append(convs[op.Conv], porcupine.Operation{Input: op, Call: op.Began, Return: op.Ended})
	}
	for _, history := range convs {
		switch porcupine.CheckOperationsTimeout(m, history, time.Minute) {
		case porcupine.Illegal:
			wrong++
		case porcupine.Unknown:
			t.Error("a conversation is too tangled to be checked")
		}
	}
	t.Logf("%d operations in %d conversations, of %d nobody knows the fate", len(ops), len(convs), unknown)
	return wrong, len(convs)
}

// careless is a back end with a check switched off.
type careless struct {
	store.Backend
	what string
}

// Careless returns b without one of its checks, to show that [Linear] sees that:
// "version" or "once".
func Careless(b store.Backend, what string) store.Backend { return careless{b, what} }

func (c careless) Commit(ctx context.Context, bs ...store.Batch) []store.Result {
	bs = slices.Clone(bs)
	for i := range bs {
		b := &bs[i]
		switch {
		case c.what == "once":
			b.Once = nil
		case len(b.Put) > 0:
			r, _ := c.Get(ctx, b.Shard, b.Put[0].Kind, b.Put[0].ID)
			b.Put = slices.Clone(b.Put)
			b.Put[0].Version = r.Version
		}
	}
	return c.Backend.Commit(ctx, bs...)
}
