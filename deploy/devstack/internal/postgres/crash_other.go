//go:build !linux

package postgres

import (
	"os/exec"
	"syscall"
)

func dieWithParent(*exec.Cmd, syscall.Signal) {}

// removeSharedMemory leaves the segment to the next server on the same folder.
func removeSharedMemory(int) {}
