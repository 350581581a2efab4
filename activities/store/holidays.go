package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
	"rondo/activities/fault"
)

// HolidayList is a named set of days on which no date of a round falls.
type HolidayList struct {
	ID        int64     `db:"id"`
	Name      string    `db:"name"`
	Version   int64     `db:"version"`
	CreatedAt time.Time `db:"created_at"`
}

const holidayListColumns = `id, name, version, created_at`

// HolidayLists lists them by id.
func (db *DB) HolidayLists(ctx context.Context, p Page) ([]HolidayList, error) {
	return manyRows[HolidayList](ctx, db.pool, "holiday lists",
		`SELECT `+holidayListColumns+` FROM holiday_lists WHERE id > $1 ORDER BY id LIMIT $2`, p.After, p.Limit)
}

// HolidayList reads one list with its days.
func (db *DB) HolidayList(ctx context.Context, id int64) (HolidayList, map[calendar.Date]string, error) {
	l, err := oneRow[HolidayList](ctx, db.pool, "holiday_list_not_found", "holiday list",
		`SELECT `+holidayListColumns+` FROM holiday_lists WHERE id = $1`, id)
	if err != nil {
		return l, nil, err
	}
	days, err := holidayDays(ctx, db.pool, id)
	return l, days, err
}

// PutHolidayList creates a list (id 0) or replaces the name and days of one, and rings the schedules that use it, whose
// occurrences may fall on other days now. Mails that senders who use it have planned for a new holiday are planned anew.
func (db *DB) PutHolidayList(ctx context.Context, id, version int64, name string, days map[calendar.Date]string) (HolidayList, []Ring, error) {
	var l HolidayList
	var rings []Ring
	err := db.tx(ctx, func(tx pgx.Tx) error {
		var err error
		if id == 0 {
			l, err = oneRow[HolidayList](ctx, tx, "holiday_list_not_found", "holiday list",
				`INSERT INTO holiday_lists (name) VALUES ($1) RETURNING `+holidayListColumns, name)
		} else {
			l, err = updateHolidayList(ctx, tx, id, version, name)
		}
		if isUnique(err, "holiday_lists_name_key") {
			return fault.BadField("name_taken", "body.name", "there is already a holiday list of that name")
		}
		if err != nil {
			return err
		}
		batch := [][]any{}
		for d, name := range days {
			batch = append(batch, []any{l.ID, midnight(d), name})
		}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"holidays"}, []string{"list_id", "day", "name"}, pgx.CopyFromRows(batch)); err != nil {
			return fmt.Errorf("store holidays: %w", err)
		}
		if rings, err = ringSchedules(ctx, tx, `holiday_list_id = $1 AND ended_at IS NULL`, l.ID); err != nil {
			return err
		}
		senders, err := idsOf(ctx, tx, "senders", `SELECT user_id FROM senders WHERE holiday_list_id = $1 AND deleted_at IS NULL`, l.ID)
		if err != nil || len(senders) == 0 {
			return err
		}
		return moveDisplaced(ctx, tx, senders)
	})
	return l, rings, err
}

func updateHolidayList(ctx context.Context, tx pgx.Tx, id, version int64, name string) (HolidayList, error) {
	l, err := oneRow[HolidayList](ctx, tx, "holiday_list_not_found", "holiday list",
		`SELECT `+holidayListColumns+` FROM holiday_lists WHERE id = $1 FOR UPDATE`, id)
	if err != nil {
		return l, err
	}
	if l.Version != version {
		return l, Stale("holiday list")
	}
	if _, err := tx.Exec(ctx, `DELETE FROM holidays WHERE list_id = $1`, id); err != nil {
		return l, fmt.Errorf("clear holidays: %w", err)
	}
	return oneRow[HolidayList](ctx, tx, "holiday_list_not_found", "holiday list",
		`UPDATE holiday_lists SET name = $2, version = version + 1 WHERE id = $1 RETURNING `+holidayListColumns, id, name)
}

// DeleteHolidayList deletes a list that no schedule uses.
func (db *DB) DeleteHolidayList(ctx context.Context, id int64) error {
	tag, err := db.pool.Exec(ctx, `DELETE FROM holiday_lists WHERE id = $1
		AND NOT EXISTS (SELECT FROM schedules WHERE holiday_list_id = $1) AND NOT EXISTS (SELECT FROM senders WHERE holiday_list_id = $1)`, id)
	if err != nil {
		return fmt.Errorf("delete holiday list: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return nil
	}
	if _, _, err := db.HolidayList(ctx, id); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "holiday_list_in_use", "a schedule or a sender uses this holiday list")
}

func holidayDays(ctx context.Context, q querier, list int64) (map[calendar.Date]string, error) {
	rows, err := q.Query(ctx, `SELECT day, name FROM holidays WHERE list_id = $1`, list)
	if err != nil {
		return nil, fmt.Errorf("read holidays: %w", err)
	}
	days := map[calendar.Date]string{}
	var day time.Time
	var name string
	_, err = pgx.ForEachRow(rows, []any{&day, &name}, func() error {
		days[calendar.WallOf(day, time.UTC).Date()] = name
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read holidays: %w", err)
	}
	return days, nil
}

// ringSchedules marks the schedules that a condition names.
func ringSchedules(ctx context.Context, tx pgx.Tx, where string, args ...any) ([]Ring, error) {
	rows, err := tx.Query(ctx, `UPDATE schedules SET ring_since = coalesce(ring_since, now()), version = version + 1
		WHERE `+where+` RETURNING id, program_id, version`, args...)
	if err != nil {
		return nil, fmt.Errorf("mark schedules: %w", err)
	}
	rings, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Ring, error) {
		var r Ring
		return r, row.Scan(&r.Schedule, &r.Program, &r.Version)
	})
	if err != nil {
		return nil, fmt.Errorf("mark schedules: %w", err)
	}
	return rings, nil
}
