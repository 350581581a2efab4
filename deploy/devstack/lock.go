package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// errInUse means that a supervisor works in the folder.
var errInUse = errors.New("in use")

const lockName = "lock"

// janitorWithin is how long a janitor may take to clear a folder.
const janitorWithin = 20 * time.Second

// lockFolder takes dir for this process until the returned file is closed or the
// process ends. It waits for a janitor that still clears the folder of a dead
// supervisor; a live supervisor makes it fail with errInUse.
func lockFolder(dir string) (*os.File, error) {
	for deadline := time.Now().Add(janitorWithin); ; time.Sleep(20 * time.Millisecond) {
		f, err := tryLock(dir)
		if !errors.Is(err, errInUse) {
			return f, err
		}
		if owner := folderOwner(dir); owner != 0 && syscall.Kill(owner, 0) != syscall.ESRCH {
			return nil, fmt.Errorf("%s is %w by process %d: end that devstack first, or choose another folder", dir, errInUse, owner)
		}
		if time.Now().After(deadline) {
			return nil, err
		}
	}
}

// tryLock takes dir or fails with errInUse, without writing who took it.
func tryLock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // in the folder of a stack
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("%s is %w", dir, errInUse)
	}
	return nil, errors.Join(err, f.Close())
}

// signLock writes the process id of this supervisor into its lock.
func signLock(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	return err
}

// folderOwner returns the process id in the lock of dir, 0 when there is none.
func folderOwner(dir string) int {
	f, err := os.Open(filepath.Join(dir, lockName)) //nolint:gosec // in the folder of a stack
	if err != nil {
		return 0
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0
	}
	return pid
}
