package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
	"rondo/activities/quota"
)

// MaxSenderDays is how far a forecast of a mailbox goes.
const MaxSenderDays = 190

// SenderForecast is what a mailbox is going to send.
type SenderForecast struct {
	Sender  Sender
	Overdue int // reserved slots that have passed without their mail: it is planned anew
	Days    []SenderDay
}

// SenderDay is one day of a mailbox, by its own calendar.
type SenderDay struct {
	Date     calendar.Date
	Reserved int // slots of mails to come
	Claimed  int // of mails that went, or may have gone
	Quota    int // the most that may go that day; 0: it does not send then
	Left     int // at most so many more; the 24 hours that reach into the day may leave fewer
}

// SenderForecast counts the slots of a mailbox for some days from today.
func (db *DB) SenderForecast(ctx context.Context, user int64, days int) (f SenderForecast, err error) {
	err = pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		f.Sender, err = oneSender(ctx, tx, `SELECT `+senderColumns+` FROM senders s WHERE s.user_id = $1 AND s.deleted_at IS NULL`, user)
		if err != nil {
			return err
		}
		box, err := f.Sender.mailbox(ctx, tx, noLists())
		if err != nil {
			return err
		}
		var now time.Time
		err = tx.QueryRow(ctx, `SELECT clock_timestamp(), (SELECT count(*) FROM slots WHERE sender_id = $1 AND at < clock_timestamp() AND NOT claimed)`, user).
			Scan(&now, &f.Overdue)
		if err != nil {
			return fmt.Errorf("count overdue slots of sender %d: %w", user, err)
		}
		f.Days, err = senderDays(ctx, tx, user, box, now, days)
		return err
	})
	return f, err
}

func senderDays(ctx context.Context, tx pgx.Tx, user int64, box quota.Sender, now time.Time, n int) ([]SenderDay, error) {
	today := calendar.WallOf(now, box.Zone).Date()
	starts := make([]time.Time, n+1)
	for i := range starts {
		starts[i] = calendar.WallOf(midnight(today.AddDays(i)), time.UTC).In(box.Zone)
	}
	rows, err := tx.Query(ctx, `SELECT width_bucket(at, $2::timestamptz[]), count(*) FILTER (WHERE NOT claimed), count(*) FILTER (WHERE claimed),
			count(*) FILTER (WHERE at >= $5) FROM slots WHERE sender_id = $1 AND at >= $3 AND at < $4 GROUP BY 1`,
		user, starts, starts[0], starts[n], thisHour(now, box.Zone))
	if err != nil {
		return nil, fmt.Errorf("count slots of sender %d: %w", user, err)
	}
	days, ahead := make([]SenderDay, n), make([]int, n)
	var no, reserved, claimed, rest int
	_, err = pgx.ForEachRow(rows, []any{&no, &reserved, &claimed, &rest}, func() error {
		days[no-1].Reserved, days[no-1].Claimed, ahead[no-1] = reserved, claimed, rest
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count slots of sender %d: %w", user, err)
	}
	for i := range days {
		d := &days[i]
		d.Date = today.AddDays(i)
		most := box.DayQuota(d.Date)
		d.Quota = min(most, fits(box, starts[i], starts[i+1]))
		d.Left = max(0, min(most-d.Reserved-d.Claimed, fits(box, later(starts[i], thisHour(now, box.Zone)), starts[i+1])-ahead[i]))
	}
	return days, nil
}

// thisHour is when the clock hour of an instant began.
func thisHour(at time.Time, zone *time.Location) time.Time {
	here := at.In(zone)
	return at.Add(-time.Duration(here.Minute())*time.Minute - time.Duration(here.Second())*time.Second - time.Duration(here.Nanosecond()))
}

// fits is how many mails the slots that begin in a stretch of time have room for.
func fits(box quota.Sender, from, to time.Time) int {
	n := 0
	for {
		at, ok := box.NextSlot(from)
		if !ok || !at.Before(to) {
			return n
		}
		n += inSlot(box)
		from = at.Add(1)
	}
}

// inSlot is how many mails a slot has room for.
func inSlot(box quota.Sender) int {
	if box.MinGap <= 0 {
		return box.PerHour
	}
	return max(1, min(box.PerHour, int(time.Hour/box.MinGap)))
}
