//go:build !linux

package supervise

import (
	"os/exec"
	"syscall"
)

// bind has no parent-death signal here: the janitor alone ends what a killed
// supervisor leaves.
func bind(cmd *exec.Cmd, ownGroup bool) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = ownGroup
}
