package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

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
			return target, nil
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
		return target, os.WriteFile(filepath.Join(home, "stack"), []byte(dir), 0o600)
	}
	return "", fmt.Errorf("PostgreSQL cannot reach %s, and there is no other place: %w", dir, errors.Join(errs...))
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

// removeOrphans removes data whose stack has been deleted. It keeps what it is
// not sure about, as data of a folder on a disk that is not mounted.
func removeOrphans() {
	for _, base := range elsewhere {
		homes, _ := filepath.Glob(filepath.Join(base, "stack-*")) // the pattern is well formed
		for _, home := range homes {
			stack, err := os.ReadFile(filepath.Join(home, "stack")) //nolint:gosec // in a folder of ours
			if err != nil {
				continue
			}
			if _, err := os.Stat(filepath.Dir(string(stack))); err != nil { //nolint:gosec // only root writes the file it comes from
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
