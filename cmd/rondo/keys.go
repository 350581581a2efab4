package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"rondo/activities/store"
)

type keysCommand struct {
	Create keysCreate `cmd:"" help:"Make a key; the key alone is the last line."`
	List   keysList   `cmd:"" help:"List keys, without their secrets."`
	Revoke keysRevoke `cmd:"" help:"End a key for good."`
}

type keysCreate struct {
	Database databaseFlags `embed:""`
	Name     string        `required:"" help:"What the key is for."`
	Scope    []string      `required:"" enum:"admin,send,read,signal" help:"What it may do: admin, send, read, signal; several separated by commas."`
	Expires  time.Duration `help:"How long it works, like 720h; without it, until revoked."`
}

// Run makes a key.
func (k *keysCreate) Run(ctx context.Context, l *logFlags) error {
	return withStore(ctx, l, &k.Database, func(db *store.DB) error {
		in := store.KeyInput{Name: k.Name, Scopes: k.Scope}
		if k.Expires > 0 {
			at := time.Now().Add(k.Expires)
			in.ExpiresAt = &at
		}
		made, text, err := db.CreateKey(ctx, in)
		if err != nil {
			return err
		}
		fmt.Printf("key %d, %q, may %s; it is shown only now:\n%s\n", made.ID, made.Name, strings.Join(made.Scopes, ", "), text)
		return nil
	})
}

type keysList struct {
	Database databaseFlags `embed:""`
}

// Run lists the keys.
func (k *keysList) Run(ctx context.Context, l *logFlags) error {
	return withStore(ctx, l, &k.Database, func(db *store.DB) error {
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tPREFIX\tNAME\tSCOPES\tCREATED\tEXPIRES\tLAST USED\tREVOKED")
		page := store.Page{Limit: 1000}
		for {
			keys, err := db.Keys(ctx, page)
			if err != nil {
				return err
			}
			for _, key := range keys {
				fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", key.ID, key.Prefix, key.Name, strings.Join(key.Scopes, ","),
					instant(&key.CreatedAt), instant(key.ExpiresAt), instant(key.LastUsedAt), instant(key.RevokedAt))
				page.After = key.ID
			}
			if len(keys) < page.Limit {
				return w.Flush()
			}
		}
	})
}

type keysRevoke struct {
	Database databaseFlags `embed:""`
	ID       int64         `arg:"" help:"Number of the key, from rondo keys list."`
}

// Run ends a key.
func (k *keysRevoke) Run(ctx context.Context, l *logFlags) error {
	return withStore(ctx, l, &k.Database, func(db *store.DB) error {
		key, err := db.RevokeKey(ctx, k.ID)
		if err != nil {
			return err
		}
		fmt.Printf("key %d, %q, is revoked; running servers may accept it for ten more seconds\n", key.ID, key.Name)
		return nil
	})
}

func withStore(ctx context.Context, l *logFlags, d *databaseFlags, do func(*store.DB) error) error {
	var f faults
	log := l.logger(&f)
	config := d.pool(&f)
	if err := f.err(); err != nil {
		return err
	}
	pool, err := connect(ctx, config, log)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := store.CheckSchema(ctx, pool); err != nil {
		return err
	}
	return do(store.New(pool))
}

func instant(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}
