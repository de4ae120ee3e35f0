package simulate

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// demo fills an empty instance with one of everything.
func (p *player) demo(ctx context.Context) error {
	all := ctx
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(p.At)
	langs := []string{"my", "km", "ne", "th", "my", "km", "ne", "my"}
	for i := range 24 {
		g.Go(func() error {
			w, err := p.Month.worker(p.To, chance(p.Seed, uint64(i)+10), langs[i%len(langs)], p.t)
			if err != nil {
				return err
			}
			err = w.visit(ctx, "report")
			p.note("report", w.sent, err)
			p.free(w)
			return nil
		})
	}
	if err := g.Wait(); err != nil || p.Staff.Invite == "" {
		return err
	}
	return p.caseworkers(all)
}
