package bot

import (
	"context"
	"testing"
	"time"

	"workervoice/cases"
	"workervoice/channels"
	"workervoice/store"
)

// damage writes over what the disk keeps of a record.
func (s *stage) damage(r store.Record) {
	s.Helper()
	r.Body = []byte("damaged")
	if done := s.db.Commit(context.Background(), store.Batch{Shard: store.ShardOf(r.ID), At: s.Now(), Put: []store.Put{{Record: r}}}); done[0].Err != nil {
		s.Fatal(done[0].Err)
	}
}

// An update that is damaged on the disk holds up none of those behind it.
func TestUpdateBehindDamaged(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	g := newGroup(newStage(t, infoOf(t, "telegram")))
	g.users = []string{"w0"}
	g.join("w0", "en", nil)
	g.settle()
	g.approves(g.writes(cases.Update{Kind: cases.Free, Texts: english}))
	rs, _, err := g.db.List(ctx, "going", store.Cursor{}, 2)
	if err != nil || len(rs) != 1 {
		t.Fatalf("%d updates are on their way, %v", len(rs), err)
	}
	g.damage(rs[0])
	g.restart()
	g.later(time.Second)
	u := g.approves(g.writes(cases.Update{Kind: cases.Free, Texts: english}))
	g.settle()
	g.want(u, "1 template")
}

// Where one worker's conversation is damaged on the disk, the others of the case
// hear of an update all the same, and the page says that one did not.
func TestUpdateBesideDamaged(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	g := newGroup(newStage(t, infoOf(t, "telegram")))
	for _, user := range []string{"w0", "w1", "w2"} {
		g.users = append(g.users, user)
		g.join(user, "en", nil)
	}
	g.settle()
	c, _, err := g.e.Store.Look(ctx, channels.Address{Channel: "telegram", User: "w1"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := g.db.Get(ctx, store.ShardOf(c.ID), "session", c.ID)
	if err != nil || r.Version == 0 {
		t.Fatalf("version %d, %v", r.Version, err)
	}
	g.damage(r)
	g.restart()
	u := g.approves(g.writes(cases.Update{Kind: cases.Free, Texts: english}))
	g.settle()
	g.want(u, "2 template, 1 untold")
}
