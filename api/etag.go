package api

import (
	"net/http"
	"strconv"
	"strings"

	"rondo/activities/fault"
)

// ETag is the entity tag of a row's version. Put it in an output as `ETag ETag `header:"ETag"“ and in an edit's input
// by embedding IfMatch.
type ETag string

func etag(version int64) ETag { return ETag(`"v` + strconv.FormatInt(version, 10) + `"`) }

// IfMatch is embedded by the inputs of edits.
type IfMatch struct {
	IfMatch string `header:"If-Match" doc:"The ETag of the version you edited. Missing: 428; no longer current: 412." example:"\"v3\""`
}

// version is the one the caller edited.
func (m IfMatch) version() (int64, error) {
	if m.IfMatch == "" {
		return 0, newProblem(http.StatusPreconditionRequired, "if_match_missing", "send If-Match with the ETag of the version you edited")
	}
	digits, ok := strings.CutPrefix(m.IfMatch, `"v`)
	digits, closed := strings.CutSuffix(digits, `"`)
	v, err := strconv.ParseInt(digits, 10, 64)
	if !ok || !closed || err != nil || v < 1 {
		return 0, fault.BadField("invalid_if_match", "header.If-Match", "not an ETag that was given out here")
	}
	return v, nil
}
