package redis

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"workervoice/store"
)

// schema is where the newest shape of what is kept stands, as store.Schema
// numbers it.
var schema = key(0, "schema")

// known refuses what a newer program wrote, and half a restore. In an empty
// server it notes the schema of this program.
func (d *DB) known(ctx context.Context) error {
	have, err := d.c.Get(ctx, schema).Int()
	switch {
	case errors.Is(err, redis.Nil):
		err = d.c.Set(ctx, schema, store.Schema, 0).Err()
	case err == nil && have > store.Schema:
		return &unfitError{fmt.Sprintf("it was written by a newer program (schema %d, known %d): start that one, or restore an older backup", have, store.Schema)}
	case err == nil && have < store.Schema:
		err = d.c.Set(ctx, schema, store.Schema, 0).Err()
	}
	if err != nil {
		return err
	}
	half, err := d.half(ctx)
	if err == nil && half {
		err = store.ErrHalf
	}
	return err
}
