package store

import (
	"context"
	"fmt"
	"strings"
)

// recipient is a person as planning sees them.
func (p Person) recipient() recipient {
	_, domain, _ := strings.Cut(p.Email, "@")
	return recipient{Domain: domain, Attributes: p.Attributes}
}

// stopOf is in what state a contact ends whom nobody may write to; "" if they may be written to.
func stopOf(ctx context.Context, q querier, person int64) (State, error) {
	var why, reason string
	err := q.QueryRow(ctx, `SELECT `+mustNot+`, p.inactive_reason FROM people p WHERE p.id = $1`, person).Scan(&why, &reason)
	if err != nil {
		return "", fmt.Errorf("look whether person %d may be written to: %w", person, err)
	}
	if why == "" {
		return "", nil
	}
	return endState(reason), nil
}

// endState is what becomes of the sequence of somebody who went inactive, or was blacklisted, for a reason.
func endState(inactiveReason string) State {
	switch inactiveReason {
	case "unsubscribe", "spam":
		return StateUnsubscribed
	case "bounce":
		return StateBounced
	}
	return StateBlacklisted
}
