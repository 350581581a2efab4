package store

import (
	"context"
	"slices"
	"time"

	"rondo/activities/calendar"
)

// Planned is one card of the planning: a round, or an occurrence that has none yet (Round is 0).
type Planned struct {
	Round     int64      `db:"round"`
	Schedule  int64      `db:"schedule"`
	Program   int64      `db:"program"`
	Name      string     `db:"name"` // of the program
	Color     string     `db:"color"`
	Ordinal   int        `db:"ordinal"`
	Phase     string     `db:"phase"` // a round's phase; for an occurrence planned, skipped or cancelled
	Reason    string     `db:"reason"`
	Kind      string     `db:"kind"`
	Timezone  string     `db:"timezone"`
	OptInAt   *time.Time `db:"opt_in_at"`
	MatchAt   *time.Time `db:"match_at"` // nil while undated
	OpensAt   time.Time  `db:"opens_at"`
	OpenedAt  *time.Time `db:"opened_at"`
	Holiday   string     `db:"-"` // name of the holiday that moved or skipped an occurrence
	ZoneShift bool       `db:"-"` // the clocks of its zone change between the two instants
}

// end is the last instant a card touches; an undated one is always current.
func (p Planned) end() time.Time {
	if p.MatchAt != nil {
		return *p.MatchAt
	}
	return p.OpensAt
}

// MaxPlanned bounds one answer of Planning.
const MaxPlanned = 1000

// Planning lists the rounds and the computed occurrences that touch from <= t < to, over one program or all (0), in the
// order of their first instant: past, running, undated and future ones, at most MaxPlanned. It reports whether there
// are more.
func (db *DB) Planning(ctx context.Context, from, to time.Time, program int64) ([]Planned, bool, error) {
	cards, err := manyRows[Planned](ctx, db.pool, "rounds", `SELECT r.id AS round, r.schedule_id AS schedule, r.program_id AS program,
		p.name, p.color, r.ordinal, r.phase, r.phase_reason AS reason, r.kind, r.timezone, r.opens_at, r.opened_at, r.match_at,
		CASE WHEN r.opt_in_wall IS NOT NULL AND r.participation = 'ask' THEN r.opens_at END AS opt_in_at
		FROM rounds r JOIN programs p ON p.id = r.program_id
		WHERE ($3 = 0 OR r.program_id = $3) AND r.phase_reason <> 'moved_with_following'
		  AND (r.opens_at < $2 AND coalesce(r.match_at, r.opens_at) >= $1
		       OR r.match_at IS NULL AND r.phase NOT IN ('closed', 'skipped', 'cancelled'))
		ORDER BY r.opens_at, r.id LIMIT $4`, from, to, program, MaxPlanned+1)
	if err != nil {
		return nil, false, err
	}
	for i := range cards {
		if err := cards[i].markShift(); err != nil {
			return nil, false, err
		}
	}
	future, err := db.futureOccurrences(ctx, from, to, program)
	if err != nil {
		return nil, false, err
	}
	cards = append(cards, future...)
	slices.SortStableFunc(cards, func(a, b Planned) int { return a.OpensAt.Compare(b.OpensAt) })
	if len(cards) > MaxPlanned {
		return cards[:MaxPlanned], true, nil
	}
	return cards, false, nil
}

func (p *Planned) markShift() error {
	loc, err := calendar.Zone(p.Timezone)
	if err != nil {
		return err
	}
	_, a := p.OpensAt.In(loc).Zone()
	_, b := p.end().In(loc).Zone()
	p.ZoneShift = a != b
	return nil
}

type planningSchedule struct {
	Schedule
	ProgramName   string `db:"program_name"`
	Color         string `db:"color"`
	Participation string `db:"participation"`
}

// futureOccurrences computes what the live schedules will ask for, beyond the rounds they already have.
func (db *DB) futureOccurrences(ctx context.Context, from, to time.Time, program int64) ([]Planned, error) {
	schedules, err := manyRows[planningSchedule](ctx, db.pool, "schedules", `SELECT s.*, p.name AS program_name, p.color, p.participation
		FROM (SELECT `+scheduleColumns+` FROM schedules) s JOIN programs p ON p.id = s.program_id
		WHERE s.ended_at IS NULL AND p.archived_at IS NULL AND ($1 = 0 OR s.program_id = $1) ORDER BY s.id`, program)
	if err != nil {
		return nil, err
	}
	var out []Planned
	for _, s := range schedules {
		c, err := calendarOf(ctx, db.pool, s.Schedule)
		if err != nil {
			return nil, err
		}
		for _, o := range c.Occurrences(from, to, MaxPlanned+1) {
			if o.Ordinal >= s.NextOrdinal {
				out = append(out, s.card(o))
			}
		}
	}
	return out, nil
}

func (s planningSchedule) card(o calendar.Occurrence) Planned {
	p := Planned{
		Schedule: s.ID, Program: s.ProgramID, Name: s.ProgramName, Color: s.Color, Ordinal: o.Ordinal, Kind: s.Kind,
		Timezone: s.Timezone, OpensAt: o.First(), Reason: string(o.Reason), Holiday: o.Holiday, ZoneShift: o.ClockChange,
		Phase: map[calendar.Status]string{
			calendar.StatusPlanned: "planned", calendar.StatusMoved: "planned",
			calendar.StatusSkipped: "skipped", calendar.StatusCancelled: "cancelled",
		}[o.Status],
	}
	if !o.OptIn.Wall.IsZero() && s.Participation == "ask" {
		p.OptInAt = &o.OptIn.At
	}
	if !o.Match.Wall.IsZero() {
		p.MatchAt = &o.Match.At
	}
	return p
}
