package api

import (
	"context"
	"log/slog"

	"rondo/activities/store"
)

// request is what one request carries through its context.
type request struct {
	id     string
	route  *Route
	caller store.Key // zero on public routes
	log    *slog.Logger
}

type requestKey struct{}

func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{log: slog.Default()}
}

func requestID(ctx context.Context) string { return requestOf(ctx).id }

// logger is the server's, with the request's id.
func logger(ctx context.Context) *slog.Logger { return requestOf(ctx).log }

// caller is the key that made the request; its ID is 0 on public routes.
func caller(ctx context.Context) store.Key { return requestOf(ctx).caller }
