package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"rondo/activities/matching/blossom"
)

// matched is what a solver made of a graph, told by a process of its own.
type matched struct {
	seconds float64
	weight  int64
	peakKiB int
	proven  bool // only Rondo's blossom package proves
}

// matcher is a solver of graphs.
type matcher struct {
	name    string
	command []string // reads a graph from stdin, prints the fields of matched
}

//go:embed drivers/lemon.cc
var lemonDriver []byte

//go:embed drivers/networkx.py
var networkxDriver string

// matchGraphCommand is Rondo's side of the comparison of solvers.
type matchGraphCommand struct{}

// Run prints the fields of matched. The clock runs from the list of edges to the matching; memory is told before the
// certificate is checked.
func (matchGraphCommand) Run(ctx context.Context) error {
	n, edges, err := readGraph(os.Stdin)
	if err != nil {
		return fmt.Errorf("read the graph: %w", err)
	}
	start := time.Now()
	g, err := blossom.NewGraph(n, edges)
	if err != nil {
		return err
	}
	m, err := g.Match(ctx, nil)
	if err != nil {
		return err
	}
	took := time.Since(start)
	peak, err := peakKiB(os.Getpid())
	if err != nil {
		return err
	}
	if _, err := os.Stdin.Seek(0, io.SeekStart); err != nil { // the edges were not kept while memory was measured
		return fmt.Errorf("read the graph again: %w", err)
	}
	if _, edges, err = readGraph(os.Stdin); err != nil {
		return fmt.Errorf("read the graph again: %w", err)
	}
	proven := blossom.Verify(n, edges, m.Mate, m.Certificate) == nil
	fmt.Println(took.Seconds(), g.Weigh(m.Mate).Bits(0), peak, proven)
	return nil
}

// self is this program.
func self(args ...string) ([]string, error) {
	path, err := os.Executable()
	return append([]string{path}, args...), err
}

// lemon compiles the driver of LEMON's MaxWeightedMatching.
func lemon(ctx context.Context, dir string) (*matcher, error) {
	if _, err := exec.LookPath("g++"); err != nil {
		return nil, errors.New("g++ is not installed")
	}
	binary := filepath.Join(dir, "lemon")
	compile := exec.CommandContext(ctx, "g++", "-O2", "-x", "c++", "-", "-o", binary) //nolint:gosec // in a folder of this process
	compile.Stdin = bytes.NewReader(lemonDriver)
	if out, err := compile.CombinedOutput(); err != nil {
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, "error:") {
				return nil, errors.New(strings.TrimSpace(line))
			}
		}
		return nil, fmt.Errorf("g++: %w", err)
	}
	return &matcher{"LEMON", []string{binary}}, nil
}

// networkx is Python's package, if it is there.
func networkx(ctx context.Context) (*matcher, error) {
	if _, err := exec.LookPath("python3"); err != nil {
		return nil, errors.New("python3 is not installed")
	}
	if err := exec.CommandContext(ctx, "python3", "-c", "import networkx").Run(); err != nil {
		return nil, fmt.Errorf("python3 has no networkx: %w", err)
	}
	return &matcher{"networkx", []string{"python3", "-c", networkxDriver}}, nil
}

// match runs the solver once.
func (m *matcher) match(ctx context.Context, graph string) (matched, error) {
	f, err := os.Open(graph) //nolint:gosec // in a folder of this process
	if err != nil {
		return matched{}, err
	}
	defer f.Close()
	cmd := exec.CommandContext(ctx, m.command[0], m.command[1:]...) //nolint:gosec // what was compiled here
	cmd.Stdin, cmd.Stderr = f, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return matched{}, fmt.Errorf("%s: %w", m.name, err)
	}
	var got matched
	if n, err := fmt.Sscan(string(out), &got.seconds, &got.weight, &got.peakKiB, &got.proven); n < 3 {
		return matched{}, fmt.Errorf("%s said %q: %w", m.name, out, err)
	}
	return got, nil
}
