package supervise

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// goneWithin bounds the wait for killed processes to disappear.
const goneWithin = 10 * time.Second

// MarkVariable is the environment variable that every program of one stack
// inherits; its value is the stack's folder. It finds descendants whatever
// process group or parent they have.
const MarkVariable = "RONDO_DEVSTACK_MARK"

// Mark returns the environment entry that marks programs of the stack in dir.
func Mark(dir string) string { return MarkVariable + "=" + dir }

// KillTree ends pid and all its descendants with SIGKILL and waits until they
// are gone, at most ten seconds.
func KillTree(pid int) error {
	return killAll(tree(processes(), pid))
}

// KillMarked ends every process that carries the mark of the stack in dir, with
// its descendants, and waits until they are gone.
func KillMarked(dir string) error {
	deadline := time.Now().Add(goneWithin)
	for {
		all := processes()
		var pids []int
		for _, pid := range holding(Mark(dir)) {
			pids = append(pids, tree(all, pid)...)
		}
		pids = slices.DeleteFunc(pids, func(pid int) bool { return pid == os.Getpid() || !alive(pid) })
		if len(pids) == 0 {
			return nil
		}
		if err := killAll(pids); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes %v of %s do not end", pids, dir)
		}
	}
}

// tree returns pid and its descendants, parents first, so that no parent sees
// a child die and starts another.
func tree(all []process, pid int) []int {
	pids := []int{pid}
	for i := 0; i < len(pids); i++ {
		for _, p := range all {
			if p.parent == pids[i] {
				pids = append(pids, p.pid)
			}
		}
	}
	return pids
}

func killAll(pids []int) error {
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
			return fmt.Errorf("kill process %d: %w", pid, err)
		}
	}
	deadline := time.Now().Add(goneWithin)
	for _, pid := range pids {
		for alive(pid) {
			if time.Now().After(deadline) {
				return fmt.Errorf("process %d does not end", pid)
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
	return nil
}

// KillWorkingIn ends the processes of a program whose working folder is dir,
// which finds the orphans of a server that was killed, and waits until they are
// gone.
func KillWorkingIn(dir, program string) error {
	folder, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	return killAll(workingIn(folder, program))
}
