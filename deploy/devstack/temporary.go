package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"rondo/deploy/devstack/internal/postgres"
)

// temporaryBases are the folders for throwaway stacks, the best first.
func temporaryBases() []string {
	var bases []string
	for _, base := range []string{os.TempDir(), "/var/tmp", "/tmp"} {
		if real, err := filepath.EvalSymlinks(base); err == nil && !slices.Contains(bases, real) {
			bases = append(bases, real)
		}
	}
	return bases
}

// temporaryPattern names throwaway stacks of this user.
func temporaryPattern() string { return fmt.Sprintf("rondo-devstack-%d-*", os.Getuid()) }

// newTemporary makes a new folder that the PostgreSQL programs can reach.
func newTemporary(p postgres.Programs) (string, error) {
	var errs []error
	for _, base := range temporaryBases() {
		dir, err := os.MkdirTemp(base, temporaryPattern())
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if err := os.Chmod(dir, p.FolderMode()); err != nil {
			return "", err
		}
		if p.Reaches(dir) {
			return dir, nil
		}
		errs = append(errs, fmt.Errorf("PostgreSQL cannot reach %s", dir), os.Remove(dir))
	}
	return "", fmt.Errorf("no folder for temporary files: %w", errors.Join(errs...))
}

// newThrowaway clears what dead supervisors left, then makes and locks the
// folder of a new stack. Others that do the same wait, so that none takes the
// folder of another for abandoned before its lock is there.
func newThrowaway(cache string, p postgres.Programs) (dir string, lock *os.File, err error) {
	turn, err := os.OpenFile(filepath.Join(cache, "throwaway.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", nil, err
	}
	defer turn.Close()
	if err := syscall.Flock(int(turn.Fd()), syscall.LOCK_EX); err != nil {
		return "", nil, err
	}
	for _, base := range temporaryBases() {
		old, err := filepath.Glob(filepath.Join(base, temporaryPattern()))
		if err != nil {
			return "", nil, err
		}
		for _, dir := range old {
			if err := removeAbandoned(dir); err != nil {
				fmt.Fprintln(os.Stderr, "devstack: an earlier stack stays:", err)
			}
		}
	}
	if dir, err = newTemporary(p); err != nil {
		return "", nil, err
	}
	if lock, err = lockFolder(dir); err != nil {
		return "", nil, err
	}
	return dir, lock, signLock(lock)
}

// keptFile marks a folder that its user wants to keep.
const keptFile = "kept"

// removeAbandoned removes dir when neither a supervisor nor a user wants it.
func removeAbandoned(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, keptFile)); err == nil {
		return nil
	}
	lock, err := lockFolder(dir)
	if errors.Is(err, errInUse) || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := clear(dir); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}
