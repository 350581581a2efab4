package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/quota"
)

// PlanMonths is how far ahead mails are planned.
const PlanMonths = 6

// planner gives slots to mails. Whoever makes one for writing holds the rows of its senders until the transaction ends,
// and every slot is written under its sender's row: two planners never fill the same place.
type planner struct {
	*quota.Plan
	now     time.Time // of Postgres
	asOf    time.Time // of the plan, to the second where it is now
	horizon time.Time
	boxes   map[int64]quota.Sender
}

// newPlanner reads senders and the slots they have, reserved and claimed. Their quotas are held from now on, which is the
// clock of Postgres after the rows are held. Without holding it is for previews. Nothing is planned before asOf, which is now
// where it is zero.
func newPlanner(ctx context.Context, tx pgx.Tx, senders []int64, hold bool, asOf time.Time) (*planner, error) {
	lock := ""
	if hold {
		lock = " ORDER BY s.user_id FOR NO KEY UPDATE"
	}
	rows, err := manyRows[Sender](ctx, tx, "senders", `SELECT `+senderColumns+` FROM senders s WHERE s.user_id = ANY ($1)`+lock, senders)
	if err != nil {
		return nil, err
	}
	p := &planner{boxes: make(map[int64]quota.Sender, len(rows))}
	if p.now, err = clock(ctx, tx); err != nil {
		return nil, err
	}
	if p.asOf = asOf; asOf.IsZero() {
		p.asOf = p.now.Truncate(time.Second).UTC()
	}
	p.horizon = p.asOf.AddDate(0, PlanMonths, 0)
	p.Plan = quota.NewPlan(p.asOf, p.horizon, 0) // all plans of a sender have the same places in its slots
	taken, err := takenSlots(ctx, tx, senders, p.now)
	if err != nil {
		return nil, err
	}
	lists := map[int64]map[calendar.Date]bool{}
	for _, s := range rows {
		box, err := s.mailbox(ctx, tx, lists)
		if err != nil {
			return nil, err
		}
		if err := p.AddSender(s.UserID, box, taken[s.UserID]); err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "sender_unusable", "sender %d cannot be planned with", s.UserID)
		}
		p.boxes[s.UserID] = box
	}
	return p, nil
}

// clock is the time of Postgres, which decides.
func clock(ctx context.Context, q querier) (now time.Time, err error) {
	if err := q.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now); err != nil {
		return now, fmt.Errorf("read the clock: %w", err)
	}
	return now, nil
}

// takenSlots is what counts in any window that has not ended: the slots of the last two days and all ahead.
func takenSlots(ctx context.Context, tx pgx.Tx, senders []int64, now time.Time) (map[int64][]quota.Taken, error) {
	rows, err := tx.Query(ctx, `SELECT sender_id, at, domain, company FROM slots WHERE sender_id = ANY ($1) AND at > $2::timestamptz - interval '49 hours'`, senders, now)
	if err != nil {
		return nil, fmt.Errorf("read slots: %w", err)
	}
	taken := map[int64][]quota.Taken{}
	var sender int64
	var t quota.Taken
	_, err = pgx.ForEachRow(rows, []any{&sender, &t.At, &t.Domain, &t.Company}, func() error {
		taken[sender] = append(taken[sender], t)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read slots: %w", err)
	}
	return taken, nil
}

// mailbox is a sender as the planner sees it. Holiday lists are read once.
func (s Sender) mailbox(ctx context.Context, q querier, lists map[int64]map[calendar.Date]bool) (quota.Sender, error) {
	zone, err := calendar.Zone(s.Timezone)
	if err != nil {
		return quota.Sender{}, fmt.Errorf("sender %d: %w", s.UserID, err)
	}
	box := quota.Sender{
		Zone: zone, From: s.FromHour, To: s.ToHour, PerHour: s.PerHour, PerDay: s.PerDay,
		MinGap: time.Duration(s.MinGapS) * time.Second, PerDomain: s.PerDomain, PerCompany: s.PerCompany,
	}
	for _, d := range s.Days {
		box.Days = append(box.Days, time.Weekday(d))
	}
	if s.RampSince != nil {
		box.Ramp = quota.Ramp{Since: calendar.WallOf(*s.RampSince, time.UTC).Date(), First: s.RampFirst, Step: s.RampStep}
	}
	if s.HolidayListID == nil {
		return box, nil
	}
	days, ok := lists[*s.HolidayListID]
	if !ok {
		named, err := holidayDays(ctx, q, *s.HolidayListID)
		if err != nil {
			return box, err
		}
		days = make(map[calendar.Date]bool, len(named))
		for d := range named {
			days[d] = true
		}
		lists[*s.HolidayListID] = days
	}
	box.Holidays = days
	return box, nil
}

// after is the first instant at which a step may go from a mailbox, counted from when the one before it went.
func (s Step) after(box quota.Sender, went time.Time) time.Time {
	if s.DelayMinutes > 0 {
		return went.Add(time.Duration(s.DelayMinutes) * time.Minute)
	}
	return box.AfterDays(went, s.DelayDays)
}

// ask is a step's mail to somebody, to go not before an instant.
func (q Sequence) ask(sender int64, s Step, to recipient, notBefore time.Time) quota.Ask {
	a := quota.Ask{Sender: sender, NotBefore: notBefore, Domain: to.Domain, Company: to.company(), Soon: s.DelayMinutes > 0, Contact: q.contactHours(to)}
	if s.FromHour != 0 || s.ToHour != 24 {
		a.From, a.To = s.FromHour, s.ToHour
	}
	return a
}

// contactHours are when a contact gets mail; nil: at any hour, as of somebody whose zone nobody knows.
func (q Sequence) contactHours(to recipient) *quota.Hours {
	if q.ContactFromHour == 0 && q.ContactToHour == 24 || to.Timezone == "" {
		return nil
	}
	zone, err := calendar.Zone(to.Timezone)
	if err != nil {
		return nil // it was known when it was stored
	}
	return &quota.Hours{Zone: zone, From: q.ContactFromHour, To: q.ContactToHour}
}

// recipient is what planning knows of a contact.
type recipient struct {
	Domain     string
	Timezone   string // IANA name; "": unknown
	Attributes map[string]string
}

// company is what a cap on companies counts and what "somebody of the same company" means: the attribute of that name, else
// the domain of the address, unless anybody can have one there.
func (r recipient) company() string {
	if name := r.Attributes["company"]; name != "" {
		return companyKey(name)
	}
	if slices.Contains(freeMail, r.Domain) {
		return ""
	}
	return r.Domain
}

// noLists is for reading one mailbox.
func noLists() map[int64]map[calendar.Date]bool { return map[int64]map[calendar.Date]bool{} }
