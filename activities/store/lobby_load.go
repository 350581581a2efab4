package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/pairing"
)

// load reads the lobby as it is written down.
func (h *Lobby) load(ctx context.Context, tx pgx.Tx, facts LobbyFacts) (*pairing.Lobby, error) {
	settings, err := facts.Settings()
	if err != nil {
		return nil, err
	}
	people, ids, err := h.people(ctx, tx)
	if err != nil {
		return nil, err
	}
	open, err := h.openMeetings(ctx, tx)
	if err != nil {
		return nil, err
	}
	known := pairing.NewKnown()
	if err := h.learn(ctx, tx, facts, ids, known); err != nil {
		return nil, err
	}
	return pairing.NewLobby(settings, uint64(facts.Seed), known, people, open, facts.Meetings), nil
}

func (h *Lobby) people(ctx context.Context, q querier) ([]pairing.Attendee, []int64, error) {
	rows, err := q.Query(ctx, `SELECT a.person_id, coalesce(t.type_id, 0), p.attributes, a.state, a.tab, a.ready_at, a.credit_ms, a.relaxed,
		coalesce(a.meeting_no, 0), coalesce(a.last_no, 0)
		FROM attendees a JOIN people p ON p.id = a.person_id LEFT JOIN tickets t ON t.event_id = $2 AND t.person_id = a.person_id
		WHERE a.session_id = $1 ORDER BY a.person_id`, h.session, h.event)
	if err != nil {
		return nil, nil, fmt.Errorf("read attendees of session %d: %w", h.session, err)
	}
	var ids []int64
	people, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (pairing.Attendee, error) {
		var a pairing.Attendee
		var ready *time.Time
		var credit int64
		err := row.Scan(&a.Person, &a.Type, &a.Attributes, &a.State, &a.Tab, &ready, &credit, &a.Relaxed, &a.Meeting, &a.Last)
		a.Credit, a.ReadyAt = time.Duration(credit)*time.Millisecond, instant(ready)
		ids = append(ids, a.Person)
		return a, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read attendees of session %d: %w", h.session, err)
	}
	return people, ids, nil
}

func (h *Lobby) openMeetings(ctx context.Context, q querier) ([]pairing.Meeting, error) {
	rows, err := q.Query(ctx, `SELECT m.no, m.made_at, m.connect_by, m.started_at, m.ends_at, m.extended, m.forced, m.relaxed,
		x.person_id, x.waited_ms, x.media_at, x.extend, x.gone_at, x.open
		FROM meetings m JOIN meeting_members x USING (session_id, no) WHERE m.session_id = $1 AND m.ended_at IS NULL ORDER BY m.no, x.person_id`, h.session)
	if err != nil {
		return nil, fmt.Errorf("read meetings of session %d: %w", h.session, err)
	}
	var out []pairing.Meeting
	var m pairing.Meeting
	var p pairing.Member
	var started, ends, media, gone *time.Time
	var waited int64
	scan := []any{
		&m.No, &m.MadeAt, &m.ConnectBy, &started, &ends, &m.Extended, &m.Forced, &m.Relaxed,
		&p.Person, &waited, &media, &p.Extend, &gone, &p.Open,
	}
	_, err = pgx.ForEachRow(rows, scan, func() error {
		if len(out) == 0 || out[len(out)-1].No != m.No {
			m.StartedAt, m.EndsAt = instant(started), instant(ends)
			out = append(out, m)
			m.Relaxed = nil
		}
		p.Waited, p.MediaAt, p.GoneAt = time.Duration(waited)*time.Millisecond, instant(media), instant(gone)
		last := &out[len(out)-1]
		last.Members = append(last.Members, p)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read meetings of session %d: %w", h.session, err)
	}
	return out, nil
}

// learn reads what people have behind them: their blocks, and meetings in this session, or in all if the rule says so.
func (h *Lobby) learn(ctx context.Context, q querier, facts LobbyFacts, people []int64, known *pairing.Known) error {
	settings, err := facts.Settings()
	if err != nil {
		return err
	}
	rows, err := q.Query(ctx, `SELECT person_id, other_id FROM blocks WHERE person_id = ANY ($1) OR other_id = ANY ($1)`, people)
	if err != nil {
		return fmt.Errorf("read blocks: %w", err)
	}
	var a, b int64
	if _, err := pgx.ForEachRow(rows, []any{&a, &b}, func() error { known.Block(a, b); return nil }); err != nil {
		return fmt.Errorf("read blocks: %w", err)
	}
	across := settings.Rules.Repeat.Kind == pairing.RepeatAcross
	rows, err = q.Query(ctx, `SELECT x.person_id, y.person_id, m.ended_at, m.started_at IS NOT NULL
		FROM meeting_members x JOIN meeting_members y ON y.session_id = x.session_id AND y.no = x.no AND y.person_id <> x.person_id
		JOIN meetings m ON m.session_id = x.session_id AND m.no = x.no
		WHERE x.person_id = ANY ($1) AND m.ended_at IS NOT NULL AND ($3 OR x.session_id = $2)`, people, h.session, across)
	if err != nil {
		return fmt.Errorf("read who met whom: %w", err)
	}
	var end time.Time
	var met bool
	_, err = pgx.ForEachRow(rows, []any{&a, &b, &end, &met}, func() error { known.Meeting(a, b, end, met); return nil })
	if err != nil {
		return fmt.Errorf("read who met whom: %w", err)
	}
	return nil
}

func instant(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
