package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"rondo/activities/fault"
	"rondo/activities/store"
)

// maxImports run in one process at once: each holds a database connection for as long as its upload takes.
const maxImports = 2

func (s *Server) addPeopleImport() {
	slots := make(chan struct{}, maxImports)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/people/import", ID: "import-people", Tag: "people", Scope: Admin, Stream: true, Idempotent: true,
		Summary: "Create and update people from a CSV file",
		Description: "UTF-8, with or without BOM. The first line names the columns, in any order and case: `email` is required; `name`, `timezone` " +
			"(IANA), `owner` (a user's address) are known; columns named rondo_... are ignored; the rest are attributes. People are recognised by address. " +
			"A cell replaces what was there, an empty cell clears it, what has no column stays. Nobody is reactivated; erased addresses are skipped.\n\n" +
			"Lines with something wrong are rejected, each with its reason, and the others kept; of several lines with the same address the first counts. " +
			"With `all_or_nothing` one rejected line keeps everybody out. A file of which the header cannot be read is refused as a whole. " +
			"The same import again changes nothing.",
		Document: s.documentImport,
	}, func(_ context.Context, in *importInput) (*importOutput, error) {
		select {
		case slots <- struct{}{}:
		default:
			return nil, importsBusy()
		}
		return &importOutput{Body: func(c huma.Context) { //nolint:contextcheck // c carries the request's context
			defer func() { <-slots }()
			s.importPeople(c, in)
		}}, nil
	})
	s.documentImportForm()
}

func importsBusy() error {
	f := fault.New(fault.Limited, "imports_busy", "%d imports are running: try again when one is done", maxImports)
	f.RetryAfter = 5 * time.Second
	return f
}

type importInput struct {
	Upload
	AllOrNothing bool  `query:"all_or_nothing" doc:"One rejected line keeps everybody out"`
	List         int64 `query:"list" minimum:"1" doc:"Put everybody in the file on this list"`
}

type importOutput struct {
	Body func(huma.Context)
}

// fileIn finds the CSV in a body.
func fileIn(contentType string, body io.Reader) (io.Reader, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = ""
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, newProblem(http.StatusUnsupportedMediaType, "unsupported_charset", "the file has to be UTF-8")
	}
	switch {
	case kind == "text/csv":
		return body, nil
	case kind == "multipart/form-data" && params["boundary"] != "":
		return filePart(multipart.NewReader(body, params["boundary"]))
	}
	return nil, newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "send the file as text/csv, or as the part named file of multipart/form-data")
}

func filePart(form *multipart.Reader) (io.Reader, error) {
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, fault.BadField("file_missing", "body.file", "the form has no part named file")
		}
		var p *Problem
		if errors.As(err, &p) {
			return nil, p
		}
		if err != nil {
			return nil, newProblem(http.StatusBadRequest, "malformed_body", "the body is no multipart form")
		}
		if part.FormName() == "file" {
			return part, nil
		}
	}
}

// importPeople runs the import and writes the report, which may be too large to hold: the rejected lines come as they are
// read back. An error before that is an ordinary problem; one in between breaks the connection, though the import stands.
func (s *Server) importPeople(c huma.Context, in *importInput) {
	ctx, g := c.Context(), humagin.Unwrap(c)
	out := &reportWriter{w: steadyWriter{g.Writer, http.NewResponseController(g.Writer)}, header: g.Writer.Header()}
	err := s.importInto(ctx, out, c.Header("Content-Type"), in)
	switch {
	case err == nil:
	case out.begun:
		logger(ctx).ErrorContext(ctx, "report of an import broke off", slog.Any("error", err))
		panic(http.ErrAbortHandler)
	default:
		s.fail(g, problemOf(ctx, err))
	}
}

func (s *Server) importInto(ctx context.Context, out *reportWriter, contentType string, in *importInput) error {
	file, err := fileIn(contentType, in.body)
	if err != nil {
		return err
	}
	key, err := store.NewErasureKey(s.secret)
	if err != nil {
		return err
	}
	report, err := s.store.ImportPeople(ctx, file, store.ImportOptions{
		Erasures: key, AllOrNothing: in.AllOrNothing, List: in.List, Rejected: out.line,
	})
	s.ring(ctx, report.Rings)
	if err != nil {
		return err
	}
	return out.end(report)
}

// RejectedLine is a line of a file that was not imported.
type RejectedLine struct {
	Line    int    `json:"line" doc:"Where it begins, counted from 1, the header included"`
	Column  string `json:"column,omitempty" doc:"Missing: it is about the whole line"`
	Code    string `json:"code" doc:"For programs; never changes" example:"email_invalid"`
	Message string `json:"message" doc:"What is wrong and what would be right"`
}

// ImportCounts say what became of the lines; each is counted once.
type ImportCounts struct {
	Kept          bool `json:"kept" doc:"False: all_or_nothing met a rejected line. Nothing has changed, and the counts say what would have"`
	Lines         int  `json:"lines" doc:"Without the header and empty lines"`
	Created       int  `json:"created"`
	Updated       int  `json:"updated"`
	Unchanged     int  `json:"unchanged"`
	Rejected      int  `json:"rejected"`
	SkippedErased int  `json:"skipped_erased" doc:"Addresses that were erased before"`
	Listed        int  `json:"listed" doc:"People newly on the list"`
}

// ImportReport is the answer to an import.
type ImportReport struct {
	RejectedLines []RejectedLine `json:"rejected_lines" nullable:"false" doc:"In the order of the file"`
	ImportCounts
}

// reportWriter writes an ImportReport piece by piece.
type reportWriter struct {
	w      io.Writer
	header http.Header
	begun  bool
}

func (r *reportWriter) line(l store.RejectedLine) error {
	b, err := json.Marshal(RejectedLine(l))
	if err != nil {
		return fmt.Errorf("encode rejected line: %w", err)
	}
	return r.write(",", b)
}

// write begins the answer, or separates from what was there.
func (r *reportWriter) write(separator string, b []byte) error {
	if !r.begun {
		r.begun = true
		r.header.Set("Content-Type", "application/json")
		separator = `{"rejected_lines":[`
	}
	_, err := r.w.Write(append([]byte(separator), b...))
	return err
}

func (r *reportWriter) end(report store.ImportReport) error {
	counts, err := json.Marshal(ImportCounts{
		Kept: report.Kept, Lines: report.Lines, Created: report.Created, Updated: report.Updated, Unchanged: report.Unchanged,
		Rejected: report.Rejected, SkippedErased: report.SkippedErased, Listed: report.Listed,
	})
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	return r.write("", append([]byte("],"), append(counts[1:], '\n')...))
}

func (s *Server) documentImport(op *huma.Operation) {
	uploads("text/csv", "The file")(op)
	answersWith("application/json", "What became of the lines",
		s.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[ImportReport](), true, "ImportReport"))(op)
}

// documentImportForm adds the second form of the body. Known to huma when the route is registered, its schema would make
// huma read the whole body first.
func (s *Server) documentImportForm() {
	file := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	s.huma.OpenAPI().Paths["/v1/people/import"].Post.RequestBody.Content["multipart/form-data"] = &huma.MediaType{Schema: &huma.Schema{
		Type: huma.TypeObject, Properties: map[string]*huma.Schema{"file": file}, Required: []string{"file"},
	}}
}
