package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// Sender is a user's mailbox: when it may send, on the wall clock of its zone, and how much.
type Sender struct {
	UserID        int64      `db:"user_id"`
	Address       string     `db:"address"`  // see Address; unique
	Name          string     `db:"name"`     // shown beside the address; may be empty
	Timezone      string     `db:"timezone"` // IANA name
	Days          []int32    `db:"days"`     // on which it sends, ascending, at least one; 0 is Sunday
	FromHour      int        `db:"from_hour"`
	ToHour        int        `db:"to_hour"` // 1..24, after FromHour: the first hour in which it sends no more
	HolidayListID *int64     `db:"holiday_list_id"`
	PerHour       int        `db:"per_hour"`   // at most so many in a clock hour
	PerDay        int        `db:"per_day"`    // at most so many in any 24 hours
	MinGapS       int        `db:"min_gap_s"`  // seconds between two mails
	RampSince     *time.Time `db:"ramp_since"` // a day, held as midnight UTC; nil: no ramp, and RampFirst and RampStep are 0
	RampFirst     int        `db:"ramp_first"` // so many in 24 hours from the day RampSince on
	RampStep      int        `db:"ramp_step"`  // so many more with every sending day after it, up to PerDay
	PerDomain     int        `db:"per_domain"` // to one recipient domain in a calendar day; 0: no cap
	PerCompany    int        `db:"per_company"`
	PausedAt      *time.Time `db:"paused_at"`
	PausedBy      *int64     `db:"paused_by"` // an API key; nil: not paused, or nobody knows
	HaltedAt      *time.Time `db:"halted_at"` // too many of its mails bounced
	DeletedAt     *time.Time `db:"deleted_at"`
	Version       int64      `db:"version"`
	CreatedAt     time.Time  `db:"created_at"`
}

// senderColumns are for FROM senders s.
const senderColumns = `s.user_id, s.address, s.name, s.timezone, s.days, s.from_hour, s.to_hour, s.holiday_list_id, s.per_hour, s.per_day,
	s.min_gap_s, s.ramp_since, s.ramp_first, s.ramp_step, s.per_domain, s.per_company, s.paused_at, s.paused_by, s.halted_at, s.deleted_at, s.version, s.created_at`

// Sender reads a user's mailbox. NotFound "sender_not_found", also for one that was deleted.
func (db *DB) Sender(ctx context.Context, user int64) (Sender, error) {
	return oneSender(ctx, db.pool, `SELECT `+senderColumns+` FROM senders s WHERE s.user_id = $1 AND s.deleted_at IS NULL`, user)
}

func oneSender(ctx context.Context, q querier, sql string, args ...any) (Sender, error) {
	return oneRow[Sender](ctx, q, "sender_not_found", "sender", sql, args...)
}

// Senders lists mailboxes by their user's id, without deleted ones.
func (db *DB) Senders(ctx context.Context, p Page) ([]Sender, error) {
	return manyRows[Sender](ctx, db.pool, "senders",
		`SELECT `+senderColumns+` FROM senders s WHERE s.user_id > $1 AND s.deleted_at IS NULL ORDER BY s.user_id LIMIT $2`, p.After, p.Limit)
}

// PutSender gives a user a mailbox (version 0), or replaces what an admin may edit of the given version of it: not whether
// it is paused or halted. A deleted one is made anew, its versions go on, and the mails it sent still count. Mails that may not
// go any more when they were planned are planned anew.
//
// Errors: NotFound "user_not_found" and "sender_not_found", Conflict "address_taken" and, for version 0, "sender_exists",
// Stale, and Invalid for a wrong field.
func (db *DB) PutSender(ctx context.Context, user, version int64, s Sender) (out Sender, err error) {
	if s, err = s.clean(); err != nil {
		return out, err
	}
	err = db.tx(ctx, func(tx pgx.Tx) error {
		if err := holdHolidayList(ctx, tx, s.HolidayListID); err != nil {
			return err
		}
		insert, err := mayPutSender(ctx, tx, user, version)
		switch {
		case err != nil:
			return err
		case insert:
			out, err = insertSender(ctx, tx, user, s)
			return senderTaken(err)
		}
		if out, err = replaceSender(ctx, tx, user, s); err != nil {
			return err
		}
		if version == 0 { // made anew: whom it kept waiting goes on, when reconcile rings
			if _, err := resumeWaiting(ctx, tx, user); err != nil {
				return err
			}
		}
		if err := moveDisplaced(ctx, tx, []int64{user}); err != nil || out.Address == s.Address {
			return err
		}
		out, err = oneSender(ctx, tx, `UPDATE senders s SET address = $2 WHERE s.user_id = $1 RETURNING `+senderColumns, user, s.Address)
		return senderTaken(err)
	})
	return out, err
}

func insertSender(ctx context.Context, tx pgx.Tx, user int64, s Sender) (Sender, error) {
	return oneSender(ctx, tx, `INSERT INTO senders AS s (user_id, address, name, timezone, days, from_hour, to_hour, holiday_list_id, per_hour, per_day,
		min_gap_s, ramp_since, ramp_first, ramp_step, per_domain, per_company)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING `+senderColumns, user, s.Address, s.Name, s.Timezone, s.Days,
		s.FromHour, s.ToHour, s.HolidayListID, s.PerHour, s.PerDay, s.MinGapS, s.RampSince, s.RampFirst, s.RampStep, s.PerDomain, s.PerCompany)
}

// replaceSender writes everything but the address, which comes last: see the order of locks.
func replaceSender(ctx context.Context, tx pgx.Tx, user int64, s Sender) (Sender, error) {
	return oneSender(ctx, tx, `UPDATE senders s SET name = $2, timezone = $3, days = $4, from_hour = $5, to_hour = $6, holiday_list_id = $7,
		per_hour = $8, per_day = $9, min_gap_s = $10, ramp_since = $11, ramp_first = $12, ramp_step = $13, per_domain = $14,
		per_company = $15, paused_at = CASE WHEN s.deleted_at IS NULL THEN s.paused_at END, paused_by = CASE WHEN s.deleted_at IS NULL THEN s.paused_by END,
		deleted_at = NULL, version = s.version + 1
		WHERE s.user_id = $1 RETURNING `+senderColumns, user, s.Name, s.Timezone, s.Days,
		s.FromHour, s.ToHour, s.HolidayListID, s.PerHour, s.PerDay, s.MinGapS, s.RampSince, s.RampFirst, s.RampStep, s.PerDomain, s.PerCompany)
}

// mayPutSender locks the user's mailbox and says whether it has to be inserted: the row stays when a mailbox is deleted.
func mayPutSender(ctx context.Context, tx pgx.Tx, user, version int64) (insert bool, err error) {
	if _, err := oneRow[User](ctx, tx, "user_not_found", "user", `SELECT `+userColumns+` FROM users WHERE id = $1 FOR KEY SHARE`, user); err != nil {
		return false, err
	}
	old, err := oneSender(ctx, tx, `SELECT `+senderColumns+` FROM senders s WHERE s.user_id = $1 FOR NO KEY UPDATE`, user)
	missing := fault.From(err).Code == "sender_not_found"
	switch {
	case err != nil && !missing:
		return false, err
	case version == 0 && (missing || old.DeletedAt != nil):
		return missing, nil
	case version == 0:
		return false, errSenderExists
	case missing || old.DeletedAt != nil:
		return false, fault.New(fault.NotFound, "sender_not_found", "there is no such sender")
	case old.Version != version:
		return false, Stale("sender")
	}
	return false, nil
}

var errSenderExists = fault.New(fault.Conflict, "sender_exists", "the user has a mailbox already: read it, and replace that version")

func senderTaken(err error) error {
	switch {
	case isUnique(err, "senders_address_key"):
		return fault.Wrap(err, fault.Conflict, "address_taken", "another user sends from this address, or did before its mailbox was deleted")
	case isUnique(err, "senders_pkey"): // made at the same time
		return errSenderExists
	}
	return err
}
