package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rondo/deploy/devstack/internal/postgres"
)

// temporaryBases are the folders for throwaway stacks, the best first.
func temporaryBases() []string {
	var bases []string
	for _, base := range []string{os.TempDir(), "/var/tmp", "/tmp"} {
		if folder, err := filepath.EvalSymlinks(base); err == nil && !slices.Contains(bases, folder) {
			bases = append(bases, folder)
		}
	}
	return bases
}

// temporaryPattern names throwaway stacks of this user.
func temporaryPattern() string { return fmt.Sprintf("rondo-devstack-%d-*", os.Getuid()) }

// newThrowaway removes what dead supervisors left, then makes and locks the
// folder of a new stack.
func newThrowaway(p postgres.Programs) (dir string, lock *os.File, err error) {
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
	var errs []error
	for _, base := range temporaryBases() {
		dir, lock, err := newLocked(base, p)
		if err == nil {
			return dir, lock, nil
		}
		errs = append(errs, err)
	}
	return "", nil, fmt.Errorf("no folder for temporary files: %w", errors.Join(errs...))
}

// newLocked makes a folder in base that the PostgreSQL programs can reach. It
// gets its name when it is locked, so that nobody takes it for abandoned before.
func newLocked(base string, p postgres.Programs) (dir string, lock *os.File, err error) {
	unnamed, err := os.MkdirTemp(base, "new-rondo-devstack-*")
	if err != nil {
		return "", nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(unnamed))
		}
	}()
	if err := os.Chmod(unnamed, p.FolderMode()); err != nil {
		return "", nil, err
	}
	if !p.Reaches(unnamed) {
		return "", nil, fmt.Errorf("PostgreSQL cannot reach %s", base)
	}
	if lock, err = lockFolder(unnamed); err != nil {
		return "", nil, err
	}
	suffix := strings.TrimPrefix(filepath.Base(unnamed), "new-rondo-devstack-")
	dir = filepath.Join(base, strings.Replace(temporaryPattern(), "*", suffix, 1))
	if err := errors.Join(signLock(lock), os.Rename(unnamed, dir)); err != nil {
		return "", nil, errors.Join(err, lock.Close())
	}
	return dir, lock, nil
}

// keptFile marks a folder that its user wants to keep.
const keptFile = "kept"

// removeAbandoned removes dir when neither a supervisor nor a user wants it.
func removeAbandoned(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, keptFile)); err == nil {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, lockName)); err != nil {
		return nil // somebody else is removing it
	}
	lock, err := lockFolder(dir)
	if errors.Is(err, errInUse) || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := clearUp(dir); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}
