package supervise

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

type process struct {
	pid, parent int
	zombie      bool
}

// processes reads /proc. A process that ends meanwhile is left out.
func processes() []process {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var all []process
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if p, ok := readProcess(pid); ok {
			all = append(all, p)
		}
	}
	return all
}

// readProcess parses /proc/PID/stat: the state and the parent follow the
// command name, which is in parentheses and may hold anything.
func readProcess(pid int) (process, bool) {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return process{}, false
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 2 {
		return process{}, false
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return process{}, false
	}
	return process{pid: pid, parent: parent, zombie: fields[0] == "Z" || fields[0] == "X"}, true
}

func alive(pid int) bool {
	p, ok := readProcess(pid)
	return ok && !p.zombie
}

// holding returns the processes whose environment holds entry (NAME=value).
// Other users' processes are out of sight unless this one is root.
func holding(entry string) []int {
	var pids []int
	for _, p := range processes() {
		environ, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.pid), "environ"))
		if err != nil {
			continue
		}
		for v := range bytes.SplitSeq(environ, []byte{0}) {
			if string(v) == entry {
				pids = append(pids, p.pid)
				break
			}
		}
	}
	return pids
}

// workingIn returns the processes of a program, by the name of its file, whose
// working folder is dir.
func workingIn(dir, program string) []int {
	var pids []int
	for _, p := range processes() {
		proc := filepath.Join("/proc", strconv.Itoa(p.pid))
		cwd, err1 := os.Readlink(filepath.Join(proc, "cwd"))
		exe, err2 := os.Readlink(filepath.Join(proc, "exe"))
		if err1 == nil && err2 == nil && cwd == dir && filepath.Base(exe) == program {
			pids = append(pids, p.pid)
		}
	}
	return pids
}
