package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
)

// A stream may last, but not stand still: each read and each write has this long.
const streamStall = 30 * time.Second

// Upload is embedded by the inputs of Stream routes that read their body as it arrives.
type Upload struct {
	body io.Reader
}

// Resolve implements huma.Resolver.
func (u *Upload) Resolve(c huma.Context) []error {
	u.body = c.BodyReader()
	return nil
}

// uploads documents the body of an Upload.
func uploads(contentType, description string) func(*huma.Operation) {
	return func(op *huma.Operation) {
		op.RequestBody = &huma.RequestBody{Required: true, Description: description, Content: map[string]*huma.MediaType{
			contentType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
		}}
	}
}

// steadyBody bounds an upload in size and in how long it may stand still.
type steadyBody struct {
	io.ReadCloser
	control *http.ResponseController
	limit   int64
}

func (b steadyBody) Read(p []byte) (int, error) {
	if err := b.control.SetReadDeadline(time.Now().Add(streamStall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, fmt.Errorf("set read deadline: %w", err)
	}
	n, err := b.ReadCloser.Read(p)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	return n, bodyProblem(err, b.limit)
}

func bodyProblem(err error, limit int64) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return newProblem(http.StatusRequestEntityTooLarge, "body_too_large", "the body is larger than %d bytes", limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return newProblem(http.StatusRequestTimeout, "body_too_slow", "the body did not arrive in time")
	default:
		return newProblem(http.StatusBadRequest, "broken_body", "the body ended early")
	}
}

// Download is the output of Stream routes that write a file as they go.
type Download struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        func(huma.Context)
}

// download answers with a file. An error after the first byte breaks the connection, so that nobody takes a part for the
// whole.
func download(ctx context.Context, contentType, name string, write func(context.Context, io.Writer) error) *Download {
	return &Download{ContentType: contentType, Disposition: fmt.Sprintf("attachment; filename=%q", name), Body: func(c huma.Context) {
		w := steadyWriter{c.BodyWriter(), http.NewResponseController(humagin.Unwrap(c).Writer)}
		if err := write(ctx, w); err != nil {
			logger(ctx).ErrorContext(ctx, "download broke off", slog.Any("error", err))
			panic(http.ErrAbortHandler)
		}
	}}
}

// downloads documents the answer of a Download.
func downloads(contentType, description string) func(*huma.Operation) {
	return answersWith(contentType, description, &huma.Schema{Type: huma.TypeString})
}

func answersWith(contentType, description string, schema *huma.Schema) func(*huma.Operation) {
	return func(op *huma.Operation) {
		op.Responses = map[string]*huma.Response{"200": {
			Description: description, Content: map[string]*huma.MediaType{contentType: {Schema: schema}},
		}}
	}
}

type steadyWriter struct {
	io.Writer
	control *http.ResponseController
}

func (w steadyWriter) Write(p []byte) (int, error) {
	if err := w.control.SetWriteDeadline(time.Now().Add(streamStall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, fmt.Errorf("set write deadline: %w", err)
	}
	return w.Writer.Write(p)
}
