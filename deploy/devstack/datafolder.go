package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"rondo/deploy/devstack/internal/postgres"
)

// dataFolder is the name of PostgreSQL's data folder in the folder of a stack.
const dataFolder = "postgres"

// elsewhere are the folders for data that cannot live in the folder of its
// stack, because PostgreSQL's account cannot get there.
var elsewhere = []string{"/var/lib/rondo-devstack", "/var/tmp/rondo-devstack"}

// locateData returns where the data folder of the stack in dir is or is to be
// made. A link in dir leads to data that is elsewhere.
func locateData(dir string, p postgres.Programs) (string, error) {
	path := filepath.Join(dir, dataFolder)
	if p.Reaches(dir) {
		return path, nil
	}
	removeOrphans()
	if target, err := os.Readlink(path); err == nil {
		if _, err := os.Stat(filepath.Dir(target)); err == nil {
			return target, claim(target, dir)
		}
		if err := os.Remove(path); err != nil {
			return "", err
		}
	}
	var errs []error
	for _, base := range elsewhere {
		home, err := makeHome(base, p)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		target := filepath.Join(home, "data")
		if err := os.Symlink(target, path); err != nil {
			return "", err
		}
		return target, claim(target, dir)
	}
	return "", fmt.Errorf("PostgreSQL cannot reach %s, and there is no other place: %w", dir, errors.Join(errs...))
}

// claim notes beside the data folder target that the stack in dir uses it now.
func claim(target, dir string) error {
	return os.WriteFile(filepath.Join(filepath.Dir(target), "stack"), []byte(dir), 0o600)
}

func makeHome(base string, p postgres.Programs) (string, error) {
	if err := os.MkdirAll(base, 0o711); err != nil { //nolint:gosec // PostgreSQL's account passes through
		return "", err
	}
	home, err := os.MkdirTemp(base, "stack-*")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(home, 0o711); err != nil { //nolint:gosec // PostgreSQL's account passes through
		return "", err
	}
	if !p.Reaches(home) {
		return "", errors.Join(fmt.Errorf("PostgreSQL cannot reach %s", home), os.Remove(home))
	}
	return home, nil
}

// orphanAfter is how long data stay whose stack may be on a disk that is not
// mounted now.
const orphanAfter = 30 * 24 * time.Hour

// removeOrphans removes data whose stack has been deleted.
func removeOrphans() {
	for _, base := range elsewhere {
		homes, _ := filepath.Glob(filepath.Join(base, "stack-*")) // the pattern is well formed
		for _, home := range homes {
			stack, err := os.ReadFile(filepath.Join(home, "stack")) //nolint:gosec // in a folder of ours
			if err != nil {
				continue
			}
			used, err := os.Stat(filepath.Join(home, "stack"))
			if err != nil {
				continue
			}
			_, err = os.Stat(filepath.Dir(string(stack))) //nolint:gosec // only root writes the file it comes from
			if err != nil && time.Since(used.ModTime()) < orphanAfter {
				continue
			}
			target, err := os.Readlink(filepath.Join(string(stack), dataFolder))
			if err == nil && target == filepath.Join(home, "data") {
				continue
			}
			if err := os.RemoveAll(home); err != nil {
				fmt.Fprintln(os.Stderr, "devstack: orphaned data stays:", err)
			}
		}
	}
}
