package api

import (
	"context"
	"io"
	"net/http"
)

func (s *Server) addPeopleExport() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/people/export", ID: "export-people", Tag: "people", Scope: Read, Stream: true,
		Summary: "Load people as CSV",
		Description: "What the import reads, and before it columns named rondo_..., which an import ignores: importing an export changes nothing. " +
			"Cells that a spreadsheet would run as a formula begin with an apostrophe.",
		Document: downloads("text/csv", "UTF-8 with a header row"),
	}, s.exportPeople)
}

func (s *Server) exportPeople(ctx context.Context, in *FilterQuery) (*Download, error) {
	e, err := in.expr()
	if err != nil {
		return nil, err
	}
	return download(ctx, "text/csv; charset=utf-8", "people.csv", func(ctx context.Context, w io.Writer) error {
		return s.store.ExportPeople(ctx, w, e)
	}), nil
}
