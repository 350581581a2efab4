//go:build !linux

package supervise

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

type process struct {
	pid, parent int
	zombie      bool
}

func processes() []process {
	out, err := exec.Command("ps", "-axo", "pid=,ppid=,stat=").Output()
	if err != nil {
		return nil
	}
	var all []process
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) < 3 {
			continue
		}
		pid, err1 := strconv.Atoi(f[0])
		parent, err2 := strconv.Atoi(f[1])
		if err1 == nil && err2 == nil {
			all = append(all, process{pid: pid, parent: parent, zombie: strings.HasPrefix(f[2], "Z")})
		}
	}
	return all
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// holding looks for entry in what ps -E shows after the command line.
func holding(entry string) []int {
	out, err := exec.Command("ps", "-axwwE", "-o", "pid=,command=").Output()
	if err != nil {
		return nil
	}
	var pids []int
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) < 2 || !strings.Contains(line+" ", " "+entry+" ") && !strings.HasSuffix(strings.TrimSpace(line), " "+entry) {
			continue
		}
		if pid, err := strconv.Atoi(f[0]); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// workingIn knows nothing here: orphans of a server must end by themselves.
func workingIn(string, string) []int { return nil }
