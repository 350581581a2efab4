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

const journalFile = "events.log"

// A journal keeps the history of events in one append-only file, one JSON text a line: an occurrence, or what became of the
// posts of earlier ones. Like the segment it is not synced.
type journal struct {
	file *os.File
	out  *bufio.Writer
}

type journalLine struct {
	Message   int       `json:"m,omitempty"`
	Recipient int       `json:"r,omitempty"`
	Event     string    `json:"e,omitempty"`
	Attempt   int       `json:"a,omitempty"`
	At        time.Time `json:"t,omitzero"`
	Detail    *detail   `json:"d,omitempty"`

	Posted    posting `json:"p,omitempty"`
	Positions []int   `json:"of,omitempty"` // counted from the beginning of the file
}

// openJournal opens or makes the journal in dir and calls each for every whole line already there.
func openJournal(dir string, each func(journalLine)) (*journal, error) {
	file, err := os.OpenFile(filepath.Join(dir, journalFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	size, err := replayJournal(file, each)
	if err == nil {
		err = file.Truncate(size)
	}
	if err == nil {
		_, err = file.Seek(size, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read journal: %w", err), file.Close())
	}
	return &journal{file: file, out: bufio.NewWriterSize(file, 1<<16)}, nil
}

func replayJournal(file *os.File, each func(journalLine)) (size int64, err error) {
	r := bufio.NewReaderSize(file, 1<<20)
	for {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err != nil {
			return size, err
		}
		var line journalLine
		if json.Unmarshal(text, &line) != nil {
			return size, nil
		}
		each(line)
		size += int64(len(text))
	}
}

func (j *journal) add(line journalLine) error {
	text, err := json.Marshal(line)
	if err == nil {
		_, err = j.out.Write(append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

func (j *journal) flush() error {
	if err := j.out.Flush(); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

func (j *journal) clear() error {
	j.out.Reset(j.file)
	if err := j.file.Truncate(0); err != nil {
		return fmt.Errorf("clear journal: %w", err)
	}
	if _, err := j.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("clear journal: %w", err)
	}
	return nil
}

func (j *journal) close() error { return errors.Join(j.flush(), j.file.Close()) }
