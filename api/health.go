package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"rondo/activities/fault"
	"rondo/activities/store"
)

// Check is one thing a server needs before it can do its work.
type Check struct {
	Name string
	Do   func(context.Context) error
}

const checkTimeout = 3 * time.Second

func databaseCheck(db *store.DB) Check {
	return Check{Name: "database", Do: func(ctx context.Context) error {
		if err := db.Pool().Ping(ctx); err != nil {
			return fmt.Errorf("ping database: %w", err)
		}
		return nil
	}}
}

func (s *Server) addHealth() {
	handle(s, Route{Method: http.MethodGet, Path: "/healthz", ID: "get-health", Tag: "operation", Summary: "Whether the process answers"}, s.health)
	handle(s, Route{
		Method: http.MethodGet, Path: "/readyz", ID: "get-readiness", Tag: "operation",
		Summary: "Whether everything the server needs can be reached; 503 names what cannot",
	}, s.readiness)
}

type healthOutput struct {
	Body struct {
		Status string `json:"status" enum:"ok"`
	}
}

func (s *Server) health(context.Context, *struct{}) (*healthOutput, error) {
	out := &healthOutput{}
	out.Body.Status = "ok"
	return out, nil
}

func (s *Server) readiness(ctx context.Context, in *struct{}) (*healthOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	p := newProblem(http.StatusServiceUnavailable, "not_ready", "not everything the server needs can be reached")
	for _, check := range s.ready {
		if err := check.Do(ctx); err != nil {
			logger(ctx).WarnContext(ctx, "not ready", "check", check.Name, "error", err)
			p.Errors = append(p.Errors, fault.Field{Location: check.Name, Message: "cannot be used now"})
		}
	}
	if len(p.Errors) > 0 {
		return nil, p
	}
	return s.health(ctx, in)
}
