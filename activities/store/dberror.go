package store

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"rondo/activities/fault"
)

// AsFault gives every error its fault: its own, else what a driver's error means. The driver's text stays in Err.
func AsFault(err error) *fault.Error {
	f := fault.From(err)
	if f.Code != "internal" {
		return f
	}
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &pg):
		return pgFault(err, pg)
	case errors.As(err, &connect), errors.As(err, &network) && !errors.Is(err, context.DeadlineExceeded), pgconn.SafeToRetry(err):
		return unavailable(err)
	}
	return f
}

// pgFault reads SQLSTATE classes: https://www.postgresql.org/docs/current/errcodes-appendix.html
func pgFault(err error, pg *pgconn.PgError) *fault.Error {
	switch {
	case pg.Code == "22021", pg.Code == "22P05": // a NUL character or broken UTF-8
		return fault.Wrap(err, fault.Invalid, "invalid_text", "a text contains a character that cannot be stored")
	case pg.Code == "23503":
		return fault.Wrap(err, fault.Invalid, "reference_not_found", "something that this refers to does not exist")
	case pg.Code == "22003":
		return fault.Wrap(err, fault.Invalid, "number_out_of_range", "a number is too large")
	case pg.Code == "40001", pg.Code == "40P01", pg.Code == "55P03": // serialization, deadlock, lock timeout
		return unavailable(err)
	case strings.HasPrefix(pg.Code, "08"), strings.HasPrefix(pg.Code, "53"), strings.HasPrefix(pg.Code, "57P"):
		return unavailable(err)
	}
	return fault.From(err)
}

func unavailable(err error) *fault.Error {
	f := fault.Wrap(err, fault.Unavailable, "database_unavailable", "the database cannot be reached or is busy: try again shortly")
	f.RetryAfter = time.Second
	return f
}
