package sendgrid

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

const segmentFile = "calls.log"

// A segment keeps the bodies of accepted calls in one append-only file: a line of JSON (stamp), the body, a line feed. It is
// not synced: the stack it serves is thrown away or developed against, and what a killed process wrote the kernel still has.
type segment struct {
	file *os.File
	size int64
}

// A stamp precedes each body in the segment.
type stamp struct {
	ID       string    `json:"id"` // X-Message-Id
	Received time.Time `json:"received"`
	Length   int       `json:"length"`
}

// openSegment opens or makes the segment in dir and calls each for every body already there; offset is where the body begins.
// A last record cut short by a crash is removed.
func openSegment(dir string, each func(s stamp, offset int64, body []byte) error) (*segment, error) {
	file, err := os.OpenFile(filepath.Join(dir, segmentFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	g := &segment{file: file}
	if err := g.replay(each); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return g, nil
}

func (g *segment) replay(each func(stamp, int64, []byte) error) error {
	r := bufio.NewReaderSize(g.file, 1<<20)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read segment: %w", err)
		}
		var s stamp
		if err != nil || json.Unmarshal(line, &s) != nil {
			break
		}
		body := make([]byte, s.Length+1)
		if _, err := io.ReadFull(r, body); err != nil {
			break
		}
		offset := g.size + int64(len(line))
		if err := each(s, offset, body[:s.Length]); err != nil {
			return err
		}
		g.size = offset + int64(len(body))
	}
	if err := g.file.Truncate(g.size); err != nil {
		return fmt.Errorf("truncate segment: %w", err)
	}
	return nil
}

// add appends a body and returns its offset.
func (g *segment) add(s stamp, body []byte) (offset int64, err error) {
	s.Length = len(body)
	line, err := json.Marshal(s)
	if err != nil {
		return 0, fmt.Errorf("encode stamp: %w", err)
	}
	line = append(line, '\n')
	at := g.size
	for _, part := range [][]byte{line, body, {'\n'}} {
		n, err := g.file.WriteAt(part, at)
		if err != nil {
			return 0, fmt.Errorf("write segment: %w", err)
		}
		at += int64(n)
	}
	offset = g.size + int64(len(line))
	g.size = at
	return offset, nil
}

func (g *segment) read(offset int64, length int) ([]byte, error) {
	body := make([]byte, length)
	if _, err := g.file.ReadAt(body, offset); err != nil {
		return nil, fmt.Errorf("read segment: %w", err)
	}
	return body, nil
}

func (g *segment) clear() error {
	if err := g.file.Truncate(0); err != nil {
		return fmt.Errorf("clear segment: %w", err)
	}
	g.size = 0
	return nil
}

func (g *segment) close() error { return g.file.Close() }
