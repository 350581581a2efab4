package postgres

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/deploy/devstack/internal/supervise"
)

// layout changes when the content of a template does.
const layout = "1"

// Template makes data folders: the first one with initdb, the others as copies
// of it.
type Template struct {
	Programs Programs
	// Cache is the folder that keeps ready-made data folders.
	Cache string
	// Scratch creates a new folder that the programs can reach.
	Scratch func() (string, error)
	// FreePort returns a port for the server that fills the template.
	FreePort func() (int, error)
	// Contents names the version of what Fill writes.
	Contents string
	// Fill brings the empty databases of role temporal to their schema.
	Fill func(context.Context, *Cluster) error
	// Mark is added to the environment of the server that fills the template.
	Mark string
}

// Copy makes the new data folder of c, which must not exist.
func (t *Template) Copy(ctx context.Context, c *Cluster) error {
	unlock, err := lockFile(filepath.Join(t.Cache, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	dir := t.dir()
	if _, err := os.Stat(filepath.Join(dir, "complete")); err != nil {
		if err := t.build(ctx, dir); err != nil {
			return fmt.Errorf("make the postgres template: %w", err)
		}
	}
	// A copy that was cut short must not look like a data folder.
	partial := c.Data + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return err
	}
	if err := copyTree(filepath.Join(dir, "data"), partial, c.Programs.account); err != nil {
		return err
	}
	if err := copySecret(filepath.Join(dir, "password"), c.firstPasswordFile()); err != nil {
		return err
	}
	return os.Rename(partial, c.Data)
}

// Discard forgets the template, for instance because a copy of it does not
// start.
func (t *Template) Discard() error {
	unlock, err := lockFile(filepath.Join(t.Cache, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	return os.RemoveAll(t.dir())
}

func (t *Template) dir() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%s", layout, t.Programs.Bin, t.Programs.Version, t.Contents))
	return filepath.Join(t.Cache, "postgres-"+hex.EncodeToString(sum[:8]))
}

// build makes the template in a scratch folder and moves it to dir.
func (t *Template) build(ctx context.Context, dir string) (err error) {
	scratch, err := t.Scratch()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	if err := t.Programs.account.own(scratch); err != nil {
		return err
	}
	c := &Cluster{
		Programs: t.Programs, Data: filepath.Join(scratch, "data"), Throwaway: true, Mark: t.Mark,
		Passwords: map[string]string{Superuser: rand.Text(), Temporal: rand.Text(), Rondo: rand.Text()},
	}
	if c.Port, err = t.FreePort(); err != nil {
		return err
	}
	if err := c.initialise(scratch); err != nil {
		return err
	}
	if err := t.fill(ctx, c, filepath.Join(scratch, "log")); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if err := copyTree(c.Data, filepath.Join(dir, "data"), c.Programs.account); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "password"), []byte(c.Passwords[Superuser]), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "complete"), nil, 0o600)
}

// initialise runs initdb with the folder scratch for its password file.
func (c *Cluster) initialise(scratch string) error {
	secret := filepath.Join(scratch, "password")
	if err := os.WriteFile(secret, []byte(c.Passwords[Superuser]), 0o600); err != nil {
		return err
	}
	if err := c.Programs.account.own(secret); err != nil {
		return err
	}
	var out []byte
	var err error
	for _, locale := range []string{"C.UTF-8", "C"} {
		out, err = c.Programs.command(scratch, "initdb", "-D", c.Data, "-U", Superuser, "-E", "UTF8", "--locale="+locale,
			"--auth=scram-sha-256", "--pwfile="+secret, "--no-sync").CombinedOutput()
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("initdb: %w\n%s", err, out)
}

// fill runs a server on the new data folder to create roles, databases and the
// schemas in them.
func (t *Template) fill(ctx context.Context, c *Cluster, log string) (err error) {
	s := supervise.New()
	defer func() { err = errors.Join(err, s.Shutdown()) }()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := s.Launch(ctx, supervise.Spec{
		Name: "postgres", Command: c.Command, Ready: c.Ready, Recover: c.Recover,
		StopSignal: syscall.SIGINT, StopWithin: StopWithin, Log: log,
	}); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, c.URL(Superuser, "postgres"))
	if err != nil {
		return fmt.Errorf("connect to a new postgres: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	for _, statement := range []string{
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", Rondo, c.Passwords[Rondo]),
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", Temporal, c.Passwords[Temporal]),
		fmt.Sprintf("CREATE DATABASE %s OWNER %s", Rondo, Rondo),
		fmt.Sprintf("CREATE DATABASE %s OWNER %s", Temporal, Temporal),
		fmt.Sprintf("CREATE DATABASE %s OWNER %s", TemporalVisibility, Temporal),
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("prepare databases: %w", err)
		}
	}
	return t.Fill(ctx, c)
}

// copySecret copies a small file that only its owner may read.
func copySecret(src, dst string) error {
	secret, err := os.ReadFile(src) //nolint:gosec // both paths are this program's own
	if err != nil {
		return err
	}
	return os.WriteFile(dst, secret, 0o600) //nolint:gosec // as above
}

// lockFile waits until no other process holds the lock on path.
func lockFile(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // in the cache
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return func() { _ = f.Close() }, nil
}
