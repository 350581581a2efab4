package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ticksPerSecond is what Linux counts CPU time in, on every machine Go runs on.
const ticksPerSecond = 100

// cpu is the seconds of CPU that each part of the stack used while something was done.
type cpu map[string]float64

// of measures what is done.
func (c *cpu) of(do func() error) error {
	before := cpuNow()
	err := do()
	now := cpuNow()
	for part, used := range before {
		now[part] -= used
	}
	*c = now
	return err
}

// String lists parts, those that used most at the head; what is next to nothing is left out.
func (c cpu) String() string {
	parts := slices.SortedFunc(maps.Keys(c), func(a, b string) int { return int(100 * (c[b] - c[a])) })
	var words []string
	for _, part := range parts {
		if c[part] >= 0.05 {
			words = append(words, fmt.Sprintf("%s %.1f", part, c[part]))
		}
	}
	return strings.Join(words, ", ")
}

// cpuNow reads what every process of the stack has used: those below the parent of this one. Where nothing is known, as on
// other systems than Linux, nothing is said.
func cpuNow() cpu {
	parents, used := map[int]int{}, map[int]float64{}
	all, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, path := range all {
		b, err := os.ReadFile(path) //nolint:gosec // in /proc
		if err != nil {
			continue // it has ended
		}
		pid, _ := strconv.Atoi(strings.Split(path, "/")[2])
		_, rest, _ := strings.Cut(string(b), ") ") // after the name
		fields := strings.Fields(rest)
		if len(fields) < 15 {
			continue
		}
		parents[pid], _ = strconv.Atoi(fields[1])
		for _, ticks := range fields[11:15] { // its own and of its children that have ended
			n, _ := strconv.Atoi(ticks)
			used[pid] += float64(n) / ticksPerSecond
		}
	}
	c := cpu{}
	for pid := range used {
		if below(pid, os.Getppid(), parents) {
			c[part(pid)] += used[pid]
		}
	}
	return c
}

func below(pid, root int, parents map[int]int) bool {
	for pid > 1 && pid != root {
		pid = parents[pid]
	}
	return pid == root
}

// part is what a process is to a reader.
func part(pid int) string {
	if pid == os.Getpid() {
		return "this program"
	}
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	line := strings.ReplaceAll(string(b), "\x00", " ")
	switch {
	case strings.HasPrefix(line, os.Getenv("RONDO_BIN")+" worker"):
		return "worker"
	case strings.HasPrefix(line, os.Getenv("RONDO_BIN")+" api"):
		return "API"
	case strings.Contains(line, "serve temporal-ui"):
		return "others"
	case strings.Contains(line, "serve livekit"):
		return "LiveKit"
	case strings.Contains(line, "serve temporal"):
		return "Temporal"
	case strings.Contains(line, "serve sendgrid"):
		return "provider"
	case strings.Contains(line, "postgres"):
		return "Postgres" // for Rondo and for Temporal: what a connection used counts for its parent once it is closed
	}
	return "others"
}
