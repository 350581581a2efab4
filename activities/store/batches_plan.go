package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/quota"
)

// PlannedMail is one mail of a batch and its slot. A manual task has the day on which it turns up, and no slot.
type PlannedMail struct {
	Person, Sender int64
	Step           int
	Kind           string // mail or task
	At             time.Time
}

// BatchPlan is what engaging a batch would do.
type BatchPlan struct {
	AsOf       time.Time     // "now" of the plan: the start is counted from it
	Mails      []PlannedMail // contact by contact, in the order of steps
	Candidates []Candidate
	Engaged    int    // candidates not refused
	Digest     string // of what is planned: equal plans have equal ones
	Zones      map[int64]string
}

// PreviewBatch plans every mail of every step of a batch and keeps nothing. AsOf zero is now. Tasks count as done on the
// day they turn up. Invalid "beyond_horizon" names the first mail that would go later than PlanMonths ahead, and what fits.
func (db *DB) PreviewBatch(ctx context.Context, b Batch, asOf time.Time, needs Needs) (p BatchPlan, err error) {
	err = pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		p, err = planBatch(ctx, tx, b, asOf, needs, false)
		return err
	})
	return p, err
}

func planBatch(ctx context.Context, tx pgx.Tx, b Batch, asOf time.Time, needs Needs, hold bool) (BatchPlan, error) {
	out := BatchPlan{AsOf: asOf, Mails: []PlannedMail{}, Zones: map[int64]string{}}
	steps, err := stepsOf(ctx, tx, b.SequenceID, b.Edition)
	if err != nil {
		return out, err
	}
	s, err := sequenceByID(ctx, tx, b.SequenceID, "")
	if err != nil {
		return out, err
	}
	if out.Candidates, err = candidates(ctx, tx, b, s, steps, needs); err != nil {
		return out, err
	}
	var senders []int64
	seen := map[int64]bool{}
	for _, c := range out.Candidates {
		if c.Refused == "" && !seen[c.Sender] {
			seen[c.Sender] = true
			senders = append(senders, c.Sender)
		}
	}
	p, err := newPlanner(ctx, tx, senders, hold, asOf)
	if err != nil {
		return out, err
	}
	out.AsOf = p.asOf
	zone, err := calendar.Zone(b.Timezone)
	if err != nil {
		return out, fault.New(fault.Invalid, "timezone_unknown", "the batch's time zone is unknown")
	}
	limits := quota.NewBatch(zone, b.PerHour, b.PerDay)
	for id, box := range p.boxes {
		out.Zones[id] = box.Zone.String()
	}
	for _, c := range out.Candidates {
		if c.Refused != "" {
			continue
		}
		mails, err := p.contact(b, s, steps, c, limits, zone, out.AsOf)
		if err != nil {
			return out, beyond(err, out.Engaged)
		}
		out.Mails = append(out.Mails, mails...)
		out.Engaged++
	}
	out.Digest = digestOf(out.Mails)
	return out, nil
}

// contact gives all mails to one person their slots, each counted from the one before.
func (p *planner) contact(b Batch, q Sequence, steps []Step, c Candidate, limits *quota.Batch, zone *time.Location, asOf time.Time) ([]PlannedMail, error) {
	mails := make([]PlannedMail, 0, len(steps))
	at := b.begins(p.boxes[c.Sender], zone, asOf)
	for i, s := range steps {
		if i > 0 {
			at = s.after(p.boxes[c.Sender], at)
		}
		if s.Kind == MailStep {
			a := q.ask(c.Sender, s, c.recipient(), at)
			if i == 0 {
				a.Batch, a.Soon = limits, b.Start == "at_once"
			}
			got, ok := p.Reserve(a)
			if !ok {
				return nil, &horizonError{person: c.ID, step: s.No, horizon: p.horizon}
			}
			at = got
		}
		mails = append(mails, PlannedMail{Person: c.ID, Sender: c.Sender, Step: s.No, Kind: s.Kind, At: at.UTC()})
	}
	return mails, nil
}

// begins is the first instant at which a batch's first mails may go from a mailbox.
func (b Batch) begins(box quota.Sender, zone *time.Location, asOf time.Time) time.Time {
	switch b.Start {
	case "at":
		return later(calendar.WallOf(*b.StartWall, time.UTC).In(zone), asOf)
	case "at_once":
		return asOf
	}
	if slot, ok := box.NextSlot(asOf); ok {
		return slot
	}
	return asOf.AddDate(1, 0, 0)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

type horizonError struct {
	person  int64
	step    int
	horizon time.Time
}

func (e *horizonError) Error() string { return "beyond the horizon" }

func beyond(err error, fits int) error {
	h, ok := err.(*horizonError) //nolint:errorlint // made above, never wrapped
	if !ok {
		return err
	}
	return fault.New(fault.Invalid, "beyond_horizon",
		"step %d for person %d would go later than %s, which is %d months ahead: at this pace %d contacts fit; select fewer people, more senders or a faster pace",
		h.step, h.person, h.horizon.UTC().Format(time.DateOnly), PlanMonths, fits)
}

func digestOf(mails []PlannedMail) string {
	h := sha256.New()
	var b [8]byte
	for _, m := range mails {
		for _, n := range [...]int64{m.Person, m.Sender, int64(m.Step), m.At.UnixMilli()} {
			binary.LittleEndian.PutUint64(b[:], uint64(n)) //nolint:gosec // bits
			h.Write(b[:])
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
