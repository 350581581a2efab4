package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/pairing"
)

// SessionScenario is a networking session as it would be if everybody came who has a ticket now: its rules, times and seed, the
// guests with their attributes, whom they block and, where the rules ask, whom they have met in other sessions. What people do
// is left to the caller. It reads no more than so many guests. NotFound "session_not_found".
func (db *DB) SessionScenario(ctx context.Context, id int64, most int) (NetworkingSession, pairing.Scenario, error) {
	s, err := db.Session(ctx, id)
	if err != nil {
		return s, pairing.Scenario{}, err
	}
	out := pairing.Scenario{
		Rules: s.Rules, Starts: s.StartsAt, Duration: s.EndsAt.Sub(s.StartsAt), Length: time.Duration(s.MeetingS) * time.Second,
		Known: pairing.NewKnown(), Seed: uint64(s.Seed),
	}
	guests, err := db.SessionGuests(ctx, id, Page{Limit: most})
	if err != nil {
		return s, out, err
	}
	people := make([]int64, len(guests))
	for i, g := range guests {
		people[i] = g.PersonID
	}
	admitted, err := admittedPeople(ctx, db.pool, s.EventID, people)
	if err != nil {
		return s, out, err
	}
	out.Guests = slices.SortedFunc(maps.Values(admitted), func(a, b pairing.Attendee) int { return cmp.Compare(a.Person, b.Person) })
	return s, out, db.recall(ctx, s, people, out.Known)
}

// recall reads what guests have behind them before a session begins. Meetings of the session itself are not behind anybody then.
func (db *DB) recall(ctx context.Context, s NetworkingSession, people []int64, known *pairing.Known) error {
	rows, err := db.pool.Query(ctx, `SELECT person_id, other_id FROM blocks WHERE person_id = ANY ($1) AND other_id = ANY ($1)`, people)
	if err != nil {
		return fmt.Errorf("read blocks: %w", err)
	}
	var a, b int64
	if _, err := pgx.ForEachRow(rows, []any{&a, &b}, func() error { known.Block(a, b); return nil }); err != nil {
		return fmt.Errorf("read blocks: %w", err)
	}
	if s.Rules.Repeat.Kind != pairing.RepeatAcross {
		return nil
	}
	rows, err = db.pool.Query(ctx, `SELECT x.person_id, y.person_id, m.ended_at, m.started_at IS NOT NULL
		FROM meeting_members x JOIN meeting_members y ON y.session_id = x.session_id AND y.no = x.no AND y.person_id > x.person_id
		JOIN meetings m ON m.session_id = x.session_id AND m.no = x.no
		WHERE x.person_id = ANY ($1) AND y.person_id = ANY ($1) AND m.ended_at IS NOT NULL AND x.session_id <> $2`, people, s.ID)
	if err != nil {
		return fmt.Errorf("read who met whom: %w", err)
	}
	var end time.Time
	var met bool
	if _, err := pgx.ForEachRow(rows, []any{&a, &b, &end, &met}, func() error { known.Meeting(a, b, end, met); return nil }); err != nil {
		return fmt.Errorf("read who met whom: %w", err)
	}
	return nil
}
