package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode"

	"rondo/activities/store"
)

// ringTimeout keeps requests quick while Temporal is down.
const ringTimeout = 2 * time.Second

// ring tells workflows what was committed. A failure is logged and no more: the rows keep their mark, and reconcile
// repeats it.
func (s *Server) ring(ctx context.Context, rings []store.Ring) {
	if len(rings) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ringTimeout)
	defer cancel()
	if err := s.bell.All(ctx, rings); err != nil {
		logger(ctx).WarnContext(ctx, "a workflow was not rung; reconcile will repeat it", slog.Any("error", err))
	}
}

// set writes a given field of a patch over the old value.
func set[T any](old, given *T) {
	if given != nil {
		*old = *given
	}
}

func assignJSON(to *json.RawMessage, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	*to = b
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func itoa(i int) string { return strconv.Itoa(i) }

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }
