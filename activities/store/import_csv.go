package store

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"rondo/activities/fault"
)

// maxRecord is the size in bytes of one line of a file, quoted line breaks included. A quote that is never closed ends
// here instead of taking the rest of the file into memory.
const maxRecord = 256 << 10

// ownColumns begin the names of the columns that ExportPeople adds for readers; an import leaves them alone.
const ownColumns = "rondo_"

// Codes of rejected lines that do not come from a single cell's check.
const (
	codeCells     = "wrong_number_of_cells"
	codeQuotes    = "malformed_quotes"
	codeDuplicate = "duplicate_line"
	codeOwner     = "owner_unknown"
)

// RejectedLine is a line of a file that was not imported.
type RejectedLine struct {
	Line    int    // where it begins, counted from 1 in the file, the header included
	Column  string // as in the header, lower case; "" when it is about the whole line
	Code    string // stable, for machines
	Message string // what is wrong and what would be right
}

// importLine is a line that passed every check which needs no database.
type importLine struct {
	line                         int
	email, name, timezone, owner string
	attributes                   map[string]string // without the empty ones
}

// importFile reads a CSV file line by line in bounded memory. See ImportPeople for the format.
type importFile struct {
	csv        *csv.Reader
	limit      *recordLimit
	line       int      // where the last record began
	columns    []string // lower case; "" for those to ignore
	attributes []string // those of columns that are attributes
}

// has reports whether the file has a column, so that an empty cell of it clears the field.
func (f *importFile) has(column string) bool { return slices.Contains(f.columns, column) }

// openImport reads the header. Its errors are Invalid: nothing of such a file can be imported.
func openImport(r io.Reader) (*importFile, error) {
	limit := &recordLimit{r: r, left: maxRecord}
	f := &importFile{csv: csv.NewReader(skipBOM(limit)), limit: limit}
	f.csv.ReuseRecord = true
	f.csv.FieldsPerRecord = -1
	header, err := f.csv.Read()
	var malformed *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return nil, fault.New(fault.Invalid, "csv_empty", "the file is empty: its first line names the columns")
	case errors.As(err, &malformed):
		return nil, fault.Wrap(err, fault.Invalid, "csv_header_invalid", "the first line, which names the columns, has a quote in the wrong place")
	case err != nil:
		return nil, readFault(err, 0)
	}
	f.line = 1
	return f, f.readHeader(header)
}

func (f *importFile) readHeader(header []string) error {
	bad := func(code, format string, args ...any) error { return fault.New(fault.Invalid, code, format, args...) }
	f.columns = make([]string, len(header))
	for i, raw := range header {
		name, err := AttributeName("header", unescapeFormula(strings.TrimSpace(raw)))
		if err != nil {
			return bad("csv_header_invalid", "column %d: %s", i+1, fault.From(err).Message)
		}
		if slices.Contains(f.columns[:i], name) {
			return bad("csv_header_duplicate", "two columns are named %q", name)
		}
		switch {
		case strings.HasPrefix(name, ownColumns):
			continue
		case !slices.Contains([]string{"email", "name", "timezone", "owner"}, name):
			f.attributes = append(f.attributes, name)
		}
		f.columns[i] = name
	}
	if !f.has("email") {
		hint := ""
		if len(header) == 1 && strings.ContainsAny(header[0], ";\t") {
			hint = ": separate columns with commas"
		}
		return bad("csv_header_email", "there is no column named email%s", hint)
	}
	if len(f.attributes) > MaxAttributes {
		return bad("too_many_attributes", "the file has %d columns of attributes: at most %d at once", len(f.attributes), MaxAttributes)
	}
	return nil
}

// next gives a line or why it is rejected; io.EOF after the last one. Any other error ends the file.
func (f *importFile) next() (importLine, *RejectedLine, error) {
	f.limit.left = maxRecord
	record, err := f.csv.Read()
	var malformed *csv.ParseError
	switch {
	case errors.As(err, &malformed):
		return importLine{}, &RejectedLine{Line: malformed.StartLine, Code: codeQuotes, Message: `a quote is in the wrong place: a cell that contains " is quoted as a whole, with each " in it doubled`}, nil
	case errors.Is(err, io.EOF):
		return importLine{}, nil, io.EOF
	case err != nil:
		return importLine{}, nil, readFault(err, f.line)
	}
	line, _ := f.csv.FieldPos(0)
	f.line = line
	if len(record) != len(f.columns) {
		return importLine{}, &RejectedLine{Line: line, Code: codeCells, Message: fmt.Sprintf("the line has %d cells, the header has %d", len(record), len(f.columns))}, nil
	}
	return f.check(line, record)
}

func (f *importFile) check(line int, record []string) (importLine, *RejectedLine, error) {
	l := importLine{line: line, attributes: make(map[string]string, len(f.attributes))}
	for i, column := range f.columns {
		var err error
		cell := unescapeFormula(strings.TrimSpace(record[i]))
		switch column {
		case "":
		case "email":
			l.email, err = Address(column, cell)
		case "name":
			l.name, err = personName(column, cell)
		case "timezone":
			l.timezone, err = timezoneName(column, cell)
		case "owner":
			if cell != "" {
				l.owner, err = Address(column, cell)
			}
		default:
			var v string
			if v, err = AttributeValue(column, cell); v != "" {
				l.attributes[column] = v
			}
		}
		if err != nil {
			f := fault.From(err)
			return importLine{}, &RejectedLine{Line: line, Column: column, Code: f.Code, Message: f.Message}, nil
		}
	}
	return l, nil, nil
}

// recordLimit refuses to read on when one record took too much.
type recordLimit struct {
	r    io.Reader
	left int
}

var errRecordTooLarge = errors.New("record too large")

func (l *recordLimit) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errRecordTooLarge
	}
	n, err := l.r.Read(p)
	l.left -= n
	return n, err
}

func readFault(err error, line int) error {
	if errors.Is(err, errRecordTooLarge) {
		return fault.Wrap(err, fault.Invalid, "csv_line_too_large", "what follows line %d has more than %d bytes: a quote in it may never be closed", line, maxRecord)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.Wrap(err, fault.Invalid, "file_incomplete", "the file broke off after line %d: nothing was imported", line)
	}
	return fmt.Errorf("read file: %w", err)
}

// skipBOM drops a UTF-8 byte order mark.
func skipBOM(r io.Reader) io.Reader { return &bomSkipper{r: r} }

type bomSkipper struct {
	r    io.Reader
	head []byte
	done bool
}

const bom = "\ufeff"

func (b *bomSkipper) Read(p []byte) (int, error) {
	if !b.done {
		b.done = true
		b.head = make([]byte, len(bom))
		n, err := io.ReadFull(b.r, b.head)
		b.head = b.head[:n]
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, err
		}
		if string(b.head) == bom {
			b.head = nil
		}
	}
	if len(b.head) > 0 {
		n := copy(p, b.head)
		b.head = b.head[n:]
		return n, nil
	}
	return b.r.Read(p)
}
