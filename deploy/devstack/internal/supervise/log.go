package supervise

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// keptLogs is the number of earlier logs that stay beside the current one.
const keptLogs = 3

// openLog moves earlier logs one number up (name.1 is the last one) and opens a
// new file for appending, readable by its owner only.
func openLog(path string) (*os.File, error) {
	for i := keptLogs; i > 0; i-- {
		older := fmt.Sprintf("%s.%d", path, i)
		newer := fmt.Sprintf("%s.%d", path, i-1)
		if i == 1 {
			newer = path
		}
		if err := os.Rename(newer, older); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("rotate log: %w", err)
		}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600) //nolint:gosec // chosen by the program that supervises
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return f, nil
}

// tail returns the last lines of the log at path, at most 30 lines or 8 KiB.
func tail(path string) string {
	const window, lines = 8 << 10, 30
	f, err := os.Open(path) //nolint:gosec // a log that openLog made
	if err != nil {
		return "no log: " + err.Error()
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return "no log: " + err.Error()
	}
	b := make([]byte, min(size, window))
	if _, err := f.ReadAt(b, size-int64(len(b))); err != nil && !errors.Is(err, io.EOF) {
		return "no log: " + err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
