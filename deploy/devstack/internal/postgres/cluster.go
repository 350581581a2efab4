package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rondo/deploy/devstack/internal/supervise"
)

// The roles and the databases of a cluster. Postgres is the superuser; the
// other roles own the databases of their name.
const (
	Superuser          = "postgres"
	Rondo              = "rondo"
	Temporal           = "temporal"
	TemporalVisibility = "temporal_visibility" // a second database of role temporal
)

// Cluster is one data folder and the server on it.
type Cluster struct {
	Programs Programs
	// Data is the data folder, Port the TCP port on 127.0.0.1.
	Data string
	Port int
	// Throwaway gives up safety against a crash of the machine (not of the
	// server) for speed.
	Throwaway bool
	// Passwords by role.
	Passwords map[string]string
	// Mark is added to the environment of the server.
	Mark string
}

// URL returns the connection string of a role to a database.
func (c *Cluster) URL(role, database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, c.Passwords[role]),
		Host: c.Address(), Path: database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Address returns host and port of the server.
func (c *Cluster) Address() string { return "127.0.0.1:" + strconv.Itoa(c.Port) }

// Command prepares the server.
func (c *Cluster) Command() (*exec.Cmd, error) {
	settings := []string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(c.Port),
		"unix_socket_directories=",
		"max_connections=400",
		"shared_buffers=256MB",
		"max_wal_size=2GB",
		"checkpoint_timeout=15min",
		"dynamic_shared_memory_type=mmap", // in the data folder: a killed server leaves nothing elsewhere
		"jit=off",
		"random_page_cost=1.1", // solid-state disks; the default is for spinning ones
		"timezone=UTC",
		"log_timezone=UTC",
	}
	if c.Throwaway {
		// A commit still waits for the system to take it: what was committed
		// outlives a killed server.
		settings = append(settings, "fsync=off", "full_page_writes=off")
	}
	args := []string{"-D", c.Data}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	cmd := c.Programs.command(c.Data, "postgres", args...)
	cmd.Env = append(cmd.Env, c.Mark)
	// An immediate shutdown takes the children of the server with it.
	dieWithParent(cmd, syscall.SIGQUIT)
	return cmd, nil
}

// Ready returns nil when the server accepts connections. A refused password
// counts: Prepare sets it right.
func (c *Cluster) Ready(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.URL(Superuser, "postgres"))
	if wrongPassword(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("connect to postgres: %w", err)
	}
	return conn.Close(ctx)
}

func wrongPassword(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == "28P01"
}

// Prepare gives the roles of a fresh copy the passwords of this cluster.
func (c *Cluster) Prepare(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.URL(Superuser, "postgres"))
	if err == nil {
		return conn.Close(ctx)
	}
	if !wrongPassword(err) {
		return fmt.Errorf("connect to postgres: %w", err)
	}
	first := &Cluster{Port: c.Port, Passwords: map[string]string{}}
	secret, err := os.ReadFile(c.firstPasswordFile())
	if err != nil {
		return fmt.Errorf("the data folder has other passwords than its stack: %w", err)
	}
	first.Passwords[Superuser] = string(secret)
	if conn, err = pgx.Connect(ctx, first.URL(Superuser, "postgres")); err != nil {
		return fmt.Errorf("connect to a fresh postgres: %w", err)
	}
	// The superuser comes last: until then the first password opens the door.
	for _, role := range []string{Rondo, Temporal, Superuser} {
		if _, err := conn.Exec(ctx, fmt.Sprintf("ALTER ROLE %s PASSWORD '%s'", role, c.Passwords[role])); err != nil {
			return errors.Join(fmt.Errorf("set password of %s: %w", role, err), conn.Close(ctx))
		}
	}
	return errors.Join(conn.Close(ctx), os.Remove(c.firstPasswordFile()))
}

// firstPasswordFile holds the superuser's password of a copied data folder until
// Prepare has run.
func (c *Cluster) firstPasswordFile() string { return c.Data + ".password" }

// Recover removes what a dead server left: processes that still work in the
// data folder, the lock file and the shared memory it names. The caller must own
// the stack, so that no other supervisor runs a server there.
func (c *Cluster) Recover() error {
	lock := filepath.Join(c.Data, "postmaster.pid")
	content, err := os.ReadFile(lock) //nolint:gosec // in the data folder
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read postgres lock file: %w", err)
	}
	if err := supervise.KillWorkingIn(c.Data, "postgres"); err != nil {
		return err
	}
	// Line 7 holds key and id of the segment, absent when it died very early.
	if lines := strings.Split(string(content), "\n"); len(lines) >= 7 {
		if ids := strings.Fields(lines[6]); len(ids) == 2 {
			if id, err := strconv.Atoi(ids[1]); err == nil {
				removeSharedMemory(id)
			}
		}
	}
	if err := os.Remove(lock); err != nil {
		return fmt.Errorf("remove postgres lock file: %w", err)
	}
	return nil
}

// StopWithin bounds an orderly stop, which writes everything to disk.
const StopWithin = 30 * time.Second
