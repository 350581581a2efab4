package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
	"rondo/activities/matching"
)

// Program is a standing matchmaking programme. Rules and Texts are JSON: package activities and package mail know them.
type Program struct {
	ID                int64             `db:"id"`
	Name              string            `db:"name"`
	Audience          string            `db:"audience"` // a filter over people; empty is everybody
	GroupSize         int               `db:"group_size"`
	Participation     string            `db:"participation"` // ask or automatic
	Mode              matching.Mode     `db:"mode"`
	Leftover          matching.Leftover `db:"leftover"`
	Seats             matching.Seats    `db:"seats"`
	Fixed             []int64           `db:"fixed"` // people; who of them takes part is in the lottery's group
	Rules             json.RawMessage   `db:"rules"`
	Reminder          bool              `db:"reminder"`
	SenderName        string            `db:"sender_name"`
	VisibleAttributes []string          `db:"visible_attributes"`
	Texts             json.RawMessage   `db:"texts"`
	Color             string            `db:"color"` // #rrggbb, stable for the program's life
	RoundsSent        int               `db:"rounds_sent"`
	ArchivedAt        *time.Time        `db:"archived_at"`
	Version           int64             `db:"version"`
	CreatedAt         time.Time         `db:"created_at"`
}

const programColumns = `id, name, audience, group_size, participation, mode, leftover, seats, fixed, rules, reminder,
	sender_name, visible_attributes, texts, color, rounds_sent, archived_at, version, created_at`

// palette holds the planning colours: apart from each other for people with any kind of colour vision (Okabe and Ito,
// 2008), dark enough for white text at WCAG AA.
var palette = []string{"#0072b2", "#a34600", "#00734f", "#8a4a75", "#6b5900", "#b3261e", "#4a4e9e", "#2b6777"}

// Program reads one program.
func (db *DB) Program(ctx context.Context, id int64) (Program, error) {
	return programByID(ctx, db.pool, id, "")
}

func programByID(ctx context.Context, q querier, id int64, lock string) (Program, error) {
	return oneRow[Program](ctx, q, "program_not_found", "program", `SELECT `+programColumns+` FROM programs WHERE id = $1 `+lock, id)
}

// Programs lists programs, oldest first, without the archived ones unless asked.
func (db *DB) Programs(ctx context.Context, archived bool, p Page) ([]Program, error) {
	return manyRows[Program](ctx, db.pool, "programs", `SELECT `+programColumns+` FROM programs
		WHERE ($1 OR archived_at IS NULL) AND id > $2 ORDER BY id LIMIT $3`, archived, p.After, p.Limit)
}

// CreateProgram stores a program that the API has checked.
func (db *DB) CreateProgram(ctx context.Context, p Program) (Program, error) {
	var out Program
	err := db.tx(ctx, func(tx pgx.Tx) (err error) {
		if err := checkFixed(ctx, tx, p.Fixed, nil); err != nil {
			return err
		}
		out, err = oneRow[Program](ctx, tx, "program_not_found", "program", `INSERT INTO programs
			(name, audience, group_size, participation, rules, reminder, sender_name, visible_attributes, texts, mode, leftover, seats, fixed, color)
			SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
				($14::text[])[1 + (SELECT count(*) FROM programs) % cardinality($14::text[])]
			RETURNING `+programColumns,
			p.Name, p.Audience, p.GroupSize, p.Participation, p.Rules, p.Reminder, p.SenderName, p.VisibleAttributes, p.Texts,
			p.Mode, p.Leftover, p.Seats, p.Fixed, palette)
		return err
	})
	return out, nameTaken(err)
}

// UpdateProgram replaces what an admin may edit. Rounds that have opened keep their participation; everything else
// counts from the next moment it is needed. A changed audience rings the program's open rounds.
func (db *DB) UpdateProgram(ctx context.Context, p Program) (Program, []Ring, error) {
	var out Program
	var rings []Ring
	err := db.tx(ctx, func(tx pgx.Tx) error {
		old, err := programByID(ctx, tx, p.ID, "FOR UPDATE")
		if err != nil {
			return err
		}
		if old.Version != p.Version {
			return Stale("program")
		}
		if err := canAsk(ctx, tx, p, old); err != nil {
			return err
		}
		if err := checkFixed(ctx, tx, p.Fixed, old.Fixed); err != nil {
			return err
		}
		out, err = oneRow[Program](ctx, tx, "program_not_found", "program", `UPDATE programs SET name = $2, audience = $3,
			group_size = $4, participation = $5, rules = $6, reminder = $7, sender_name = $8, visible_attributes = $9, texts = $10,
			mode = $11, leftover = $12, seats = $13, fixed = $14, version = version + 1 WHERE id = $1 RETURNING `+programColumns,
			p.ID, p.Name, p.Audience, p.GroupSize, p.Participation, p.Rules, p.Reminder, p.SenderName, p.VisibleAttributes, p.Texts,
			p.Mode, p.Leftover, p.Seats, p.Fixed)
		if err != nil {
			return nameTaken(err)
		}
		if err := replanned(ctx, tx, out, old); err != nil {
			return err
		}
		// A round in any phase may have been stuck with what is mended here, sending and sent ones with their texts.
		rings, err = ringRounds(ctx, tx, `program_id = $1 AND phase NOT IN ('closed', 'skipped', 'cancelled')`,
			`audience_due = audience_due OR phase = 'open'`, p.ID)
		return err
	})
	return out, rings, err
}

// canAsk refuses to ask members from now on while a schedule does not say when.
func canAsk(ctx context.Context, tx pgx.Tx, now, old Program) error {
	if now.Participation != "ask" || old.Participation == "ask" {
		return nil
	}
	var silent bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM schedules WHERE program_id = $1 AND ended_at IS NULL AND kind = 'automatic' AND opt_in_wall IS NULL)`,
		now.ID).Scan(&silent)
	if err != nil {
		return fmt.Errorf("look for schedules without an opt-in: %w", err)
	}
	if silent {
		return fault.New(fault.Conflict, "schedules_without_opt_in", "a schedule of this program has no opt-in date: end it first, and schedule anew afterwards")
	}
	return nil
}

// replanned lets planned rounds follow a changed participation and reminder; their instants are derived anew.
func replanned(ctx context.Context, tx pgx.Tx, now, old Program) error {
	if now.Participation == old.Participation && now.Reminder == old.Reminder {
		return nil
	}
	rounds, err := manyRows[plannedRound](ctx, tx, "planned rounds", `SELECT id, schedule_id, opt_in_wall, match_wall
		FROM rounds WHERE program_id = $1 AND phase = 'planned' FOR UPDATE`, now.ID)
	if err != nil {
		return err
	}
	for _, r := range rounds {
		s, err := scheduleByID(ctx, tx, r.ScheduleID, "")
		if err != nil {
			return err
		}
		if err := setInstants(ctx, tx, r.ID, now, s, wallOf(r.OptInWall), wallOf(r.MatchWall)); err != nil {
			return err
		}
	}
	return nil
}

type plannedRound struct {
	ID         int64      `db:"id"`
	ScheduleID int64      `db:"schedule_id"`
	OptInWall  *time.Time `db:"opt_in_wall"`
	MatchWall  *time.Time `db:"match_wall"`
}

// ArchiveProgram ends all its schedules; running rounds go on to their end.
func (db *DB) ArchiveProgram(ctx context.Context, id, version int64) (Program, []Ring, error) {
	var out Program
	var rings []Ring
	err := db.tx(ctx, func(tx pgx.Tx) error {
		p, err := programByID(ctx, tx, id, "FOR UPDATE")
		if err != nil {
			return err
		}
		if p.Version != version {
			return Stale("program")
		}
		out, err = oneRow[Program](ctx, tx, "program_not_found", "program",
			`UPDATE programs SET archived_at = coalesce(archived_at, now()), version = version + 1 WHERE id = $1 RETURNING `+programColumns, id)
		if err != nil {
			return err
		}
		skipped, err := ringRounds(ctx, tx, `program_id = $1 AND phase = 'planned'`,
			`phase = 'skipped', phase_reason = 'program_archived', closed_at = now()`, id)
		if err != nil {
			return err
		}
		ended, err := ringSchedules(ctx, tx, `program_id = $1 AND ended_at IS NULL`, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE schedules SET ended_at = now() WHERE program_id = $1 AND ended_at IS NULL`, id); err != nil {
			return fmt.Errorf("end schedules: %w", err)
		}
		rings = append(skipped, ended...)
		return nil
	})
	return out, rings, err
}

// ringRounds marks and changes the rounds that a condition names.
func ringRounds(ctx context.Context, tx pgx.Tx, where, set string, args ...any) ([]Ring, error) {
	rows, err := tx.Query(ctx, `UPDATE rounds SET `+set+`, ring_since = coalesce(ring_since, now()), version = version + 1
		WHERE `+where+` RETURNING id, program_id, version`, args...)
	if err != nil {
		return nil, fmt.Errorf("mark rounds: %w", err)
	}
	rings, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Ring, error) {
		var r Ring
		return r, row.Scan(&r.Round, &r.Program, &r.Version)
	})
	if err != nil {
		return nil, fmt.Errorf("mark rounds: %w", err)
	}
	return rings, nil
}

func liveProgram(ctx context.Context, q querier, id int64) (Program, error) {
	p, err := programByID(ctx, q, id, "")
	if err == nil && p.ArchivedAt != nil {
		return p, fault.New(fault.Conflict, "program_archived", "the program is archived")
	}
	return p, err
}

func nameTaken(err error) error {
	if isUnique(err, "programs_name_key") {
		return fault.BadField("name_taken", "body.name", "there is already a program of that name")
	}
	return err
}
