package sendgrid

import (
	"encoding/json"
	"net/http"
	"strings"
)

// A problem is one entry of SendGrid's error answers: {"errors":[{"message","field","help"}]}.
type problem struct {
	Message string  `json:"message"`
	Field   *string `json:"field"`
	Help    *string `json:"help"`
}

const helpPage = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message"

// fieldProblem names the offending value as SendGrid does: personalizations.0.to.0.email.
func fieldProblem(field, message string) problem {
	help := helpPage
	for part := range strings.SplitSeq(field, ".") {
		if part != "" && (part[0] < '0' || part[0] > '9') {
			help += "." + part
		}
	}
	return problem{Message: message, Field: &field, Help: &help}
}

// writeProblems answers with status and SendGrid's error body.
func writeProblems(w http.ResponseWriter, status int, problems ...problem) {
	writeJSON(w, status, map[string]any{"errors": problems})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A reader that went away is no fault of ours.
	_, _ = w.Write(body)
}
