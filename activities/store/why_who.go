package store

import (
	"context"
	"fmt"
)

// actor is who uses an API key, in words; nobody is "".
func actor(ctx context.Context, q querier, key *int64) (name string, err error) {
	if key == nil {
		return "", nil
	}
	err = q.QueryRow(ctx, `SELECT coalesce(nullif(u.name, ''), u.email, 'the API key ' || k.name) FROM api_keys k LEFT JOIN users u ON u.id = k.user_id WHERE k.id = $1`, *key).
		Scan(&name)
	if err != nil {
		return "", fmt.Errorf("read who has API key %d: %w", *key, err)
	}
	return name, nil
}

// byWhom says who paused or stopped an enrollment, and what they picked for that if it was more than the contact.
func (q question) byWhom() string {
	who := "by hand"
	if q.by != "" {
		who = "by " + q.by
	}
	switch q.e.ByWay {
	case "batch":
		return who + " with its whole batch"
	case "sender":
		return who + " with all contacts of its sender"
	case "sequence":
		return who + " with its whole sequence"
	}
	return who
}

// by adds who is the cause.
func (w Why) by(name string) Why {
	w.By = name
	return w
}
