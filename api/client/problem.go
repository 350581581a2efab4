package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Error makes a Problem an error: use Check to get one.
func (p *Problem) Error() string {
	s := fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail)
	for _, f := range p.Errors {
		s += fmt.Sprintf("; %s: %s", f.Location, f.Message)
	}
	return s
}

// Answer is what the generated responses have in common.
type Answer interface {
	StatusCode() int
	GetBody() []byte
}

// Check turns a call's outcome into one error: err itself if there was no answer, a *Problem if the answer was one.
//
//	made, err := c.CreateKeyWithResponse(ctx, nil, body)
//	if err := client.Check(made, err); err != nil { ... }
func Check(a Answer, err error) error {
	if err != nil {
		return fmt.Errorf("rondo: %w", err)
	}
	return problem(a.StatusCode(), a.GetBody())
}

func problem(status int, body []byte) error {
	if status < http.StatusBadRequest {
		return nil
	}
	p := &Problem{}
	if err := json.Unmarshal(body, p); err != nil || p.Code == "" { // from something in between
		p = &Problem{Status: int64(status), Code: "unknown", Detail: strings.TrimSpace(string(body[:min(len(body), 200)]))}
	}
	return p
}
