package store

import (
	"context"
	"fmt"
	"strings"
)

// recipient is a person as planning sees them.
func (p Person) recipient() recipient {
	_, domain, _ := strings.Cut(p.Email, "@")
	return recipient{Domain: domain, Timezone: p.Timezone, Attributes: p.Attributes}
}

// stopOf is in what state a contact ends whom nobody may write to; "" if they may be written to.
func stopOf(ctx context.Context, q querier, person int64) (State, error) {
	var state State
	err := q.QueryRow(ctx, `SELECT CASE `+mustNot+` WHEN '' THEN '' ELSE `+endsAs+` END FROM people p WHERE p.id = $1`, person).Scan(&state)
	if err != nil {
		return "", fmt.Errorf("look whether person %d may be written to: %w", person, err)
	}
	return state, nil
}

// endsAs is the state in which the sequence of a person "p" ends who went inactive, or was blacklisted.
const endsAs = `CASE p.inactive_reason WHEN 'unsubscribe' THEN 'unsubscribed' WHEN 'spam' THEN 'unsubscribed' WHEN 'bounce' THEN 'bounced' ELSE 'blacklisted' END`
