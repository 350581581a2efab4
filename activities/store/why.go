package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/quota"
)

// Why answers: why has this contact not been written to yet?
type Why struct {
	Code   string     // one of WhyCodes
	Text   string     // the same in words, with instants in the zone of the sender
	At     *time.Time // when it goes on, or ended; nil: when somebody does something
	Sender int64      // whose mailbox it is about, or whose task; the contact's sender else
	By     string     // who paused or stopped it, in words; "" where nobody did, or nobody knows
}

// Why a contact has not been written to yet.
const (
	WhyOver          = "over"            // see its state
	WhyPaused        = "paused"          // by hand
	WhyOutOfOffice   = "out_of_office"   // the contact is away
	WhyStopped       = "stopped"         // all is sent; an answer has time until At
	WhyTask          = "task"            // somebody has a task to do
	WhyStart         = "start"           // its batch has not started
	WhyDelay         = "delay"           // the delay of the step has not passed
	WhySlot          = "slot"            // its slot has not come
	WhyHours         = "hours"           // outside the hours of the sender or the step
	WhyHoliday       = "holiday"         // of the sender
	WhyContactHours  = "contact_hours"   // outside the contact's own hours
	WhySpread        = "spread"          // the batch begins no more contacts before
	WhyQuotaHour     = "quota_hour"      // the sender's hour is full
	WhyQuotaDay      = "quota_day"       // the sender's 24 hours are full
	WhyGap           = "gap"             // too near to another mail of the sender
	WhyCapDomain     = "cap_domain"      // enough mails to the contact's domain that day
	WhyCapCompany    = "cap_company"     // enough mails to the contact's company that day
	WhySenderPaused  = "sender_paused"   // by hand
	WhySenderDeleted = "sender_deleted"  // it has to be reassigned
	WhyBounces       = "bounces"         // too many mails of the sender bounced: it begins no sequences
	WhySending       = "sending"         // it is being written to
	WhyUnknown       = "unknown"         // the provider did not say whether the mail arrived
	WhyProviderAway  = "provider_away"   // the provider took no mails
	WhyLate          = "late"            // planned anew, because nothing ran when it was due
	WhyStale         = "replanned_stale" // planned anew with its delay, because it was resumed too late
	WhySnoozed       = "snoozed"         // the contact wants no mail for now
	WhyHorizon       = "horizon"         // no slot within PlanMonths
	WhyOverdue       = "overdue"         // due; the worker has not taken it yet
)

// WhyCodes are all of them.
var WhyCodes = []string{
	WhyOver, WhyPaused, WhyOutOfOffice, WhyStopped, WhyTask, WhyStart, WhyDelay, WhySlot, WhyHours, WhyHoliday, WhyContactHours, WhySpread, WhyQuotaHour, WhyQuotaDay,
	WhyGap, WhyCapDomain, WhyCapCompany, WhySenderPaused, WhySenderDeleted, WhyBounces, WhySending, WhyUnknown, WhyProviderAway, WhyLate, WhyStale,
	WhySnoozed, WhyHorizon, WhyOverdue,
}

// Why says why an enrollment's contact has not been written to yet. What its row says comes first; of a mail that only has a
// slot ahead, the planner says what keeps it from going sooner.
func (db *DB) Why(ctx context.Context, id int64) (w Why, err error) {
	err = pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		q, err := asked(ctx, tx, id)
		if err != nil {
			return err
		}
		w, err = q.answer(ctx, tx)
		return err
	})
	return w, err
}

// question is an enrollment with what the answer takes.
type question struct {
	e       Enrollment
	s       Sender
	box     quota.Sender
	rules   Sequence
	steps   []Step
	person  Person
	message *stepMessage // of the present step
	by      string       // who paused or stopped it
	boxBy   string       // who paused the mailbox
	now     time.Time
}

func asked(ctx context.Context, tx pgx.Tx, id int64) (q question, err error) {
	if q.e, err = enrollmentByID(ctx, tx, id, ""); err != nil {
		return q, err
	}
	if q.s, err = oneSender(ctx, tx, `SELECT `+senderColumns+` FROM senders s WHERE s.user_id = $1`, q.e.SenderID); err != nil {
		return q, err
	}
	if q.box, err = q.s.mailbox(ctx, tx, noLists()); err != nil {
		return q, err
	}
	if q.rules, err = sequenceByID(ctx, tx, q.e.SequenceID, ""); err != nil {
		return q, err
	}
	if q.steps, err = stepsOf(ctx, tx, q.e.SequenceID, q.e.Edition); err != nil {
		return q, err
	}
	if q.person, err = personByID(ctx, tx, q.e.PersonID, ""); err != nil {
		return q, err
	}
	if q.message, err = messageOf(ctx, tx, q.e); err != nil {
		return q, err
	}
	if q.by, err = actor(ctx, tx, q.e.ByKey); err != nil {
		return q, err
	}
	if q.boxBy, err = actor(ctx, tx, q.s.PausedBy); err != nil {
		return q, err
	}
	q.now, err = clock(ctx, tx)
	return q, err
}

func (q question) answer(ctx context.Context, tx pgx.Tx) (Why, error) {
	e := q.e
	switch {
	case e.EndedAt != nil:
		w := q.because(WhyOver, e.EndedAt, "%s, on %s.", q.ending(), q.words(*e.EndedAt))
		if e.State == StateStopped {
			w.By = q.by
		}
		return w, nil
	case e.State == StatePaused:
		return q.paused(), nil
	case e.State == StateStopped && q.ahead():
		return q.because(WhyStopped, e.DueAt, "All steps are done. An answer has time until %s.", q.words(*e.DueAt)), nil
	case e.State == StateStopped:
		return q.overdue(), nil
	}
	step := q.steps[e.Step-1]
	switch {
	case e.Reason == "task" && e.DueAt == nil:
		return q.task(ctx, tx)
	case step.Kind == TaskStep && e.StartedAt == nil:
		return q.unstarted(), nil
	case step.Kind == TaskStep:
		return q.byPlan(ctx, tx)
	case q.message != nil:
		return q.known(), nil
	}
	if w, ok := q.held(); ok {
		return w, nil
	}
	return q.byPlan(ctx, tx)
}

// because fills an answer.
func (q question) because(code string, at *time.Time, text string, args ...any) Why {
	return Why{Code: code, Text: fmt.Sprintf(text, args...), At: at, Sender: q.e.SenderID}
}

// ahead tells whether the row waits for an instant that has not come.
func (q question) ahead() bool { return q.e.DueAt != nil && q.now.Before(*q.e.DueAt) }

func (q question) words(at time.Time) string {
	return at.In(q.box.Zone).Format("Mon 2 Jan 2006 15:04 MST")
}

func (q question) overdue() Why {
	since := q.e.DueAt
	if q.e.State == StatePaused {
		since = q.e.ResumeAt
	}
	if since == nil {
		return q.because(WhyOverdue, nil, "It is due, and the worker has not taken it yet.")
	}
	return q.because(WhyOverdue, since, "It is due since %s, and the worker has not taken it yet.", q.words(*since))
}

func (q question) paused() Why {
	e := q.e
	if e.ResumeAt != nil && !q.now.Before(*e.ResumeAt) {
		return q.overdue()
	}
	if e.Reason == "out_of_office" && e.ResumeAt != nil {
		says := ""
		if q.by != "" {
			says = ", says " + q.by
		}
		return q.because(WhyOutOfOffice, e.ResumeAt, "The contact is out of office%s. It goes on on %s.", says, q.words(*e.ResumeAt)).by(q.by)
	}
	if e.ResumeAt != nil {
		return q.because(WhyPaused, e.ResumeAt, "It was paused %s until %s.", q.byWhom(), q.words(*e.ResumeAt)).by(q.by)
	}
	return q.because(WhyPaused, nil, "It was paused %s, until it is resumed.", q.byWhom()).by(q.by)
}

// task says who has something to do.
func (q question) task(ctx context.Context, tx pgx.Tx) (Why, error) {
	w := q.because(WhyTask, nil, "")
	var who string
	err := tx.QueryRow(ctx, `SELECT u.id, coalesce(nullif(u.name, ''), u.email) FROM users u WHERE u.id = coalesce((SELECT user_id FROM tasks
		WHERE enrollment_id = $1 AND step = $2), $3)`, q.e.ID, q.e.Step, q.e.SenderID).Scan(&w.Sender, &who)
	if err != nil {
		return w, fmt.Errorf("read the task of enrollment %d: %w", q.e.ID, err)
	}
	w.Text = fmt.Sprintf("Step %d is a task for %s: it goes on when that is done or skipped.", q.e.Step, who)
	return w, nil
}

// known is about a mail that was claimed and not yet gone on from.
func (q question) known() Why {
	switch {
	case q.message.State == "unknown" && q.ahead():
		return q.because(WhyUnknown, q.e.DueAt, "The provider did not say whether it took the mail of step %d. "+
			"It waits for a sign until %s, and then goes on without sending it again.", q.e.Step, q.words(*q.e.DueAt))
	case q.message.State == "sending":
		return q.because(WhySending, nil, "The mail of step %d is being handed to the provider since %s.", q.e.Step, q.words(q.message.ClaimedAt))
	}
	return q.overdue()
}

// held is what keeps a mail back whatever its slot is.
func (q question) held() (Why, bool) {
	e, s := q.e, q.s
	until, halted := s.haltedUntil()
	snoozed := q.person.SnoozedUntil
	switch {
	case s.DeletedAt != nil || e.Reason == "sender_deleted":
		return q.because(WhySenderDeleted, nil, "The mailbox %s was deleted: reassign the contact to another sender, or stop it.", s.Address), true
	case s.PausedAt != nil && q.boxBy != "":
		return q.because(WhySenderPaused, nil, "The mailbox %s is paused since %s, by %s, until it is resumed.", s.Address, q.words(*s.PausedAt), q.boxBy).by(q.boxBy), true
	case s.PausedAt != nil:
		return q.because(WhySenderPaused, nil, "The mailbox %s is paused since %s, until it is resumed.", s.Address, q.words(*s.PausedAt)), true
	case snoozed != nil && q.now.Before(*snoozed) && (e.DueAt == nil || e.DueAt.Before(*snoozed)):
		return q.because(WhySnoozed, snoozed, "The contact wants no mail until %s.", q.words(*snoozed)), true
	case halted && e.Step == 1 && q.now.Before(until) && (e.DueAt == nil || e.DueAt.Before(until)):
		return q.because(WhyBounces, &until, "Too many mails of %s bounced: it begins no sequences until %s.", s.Address, q.words(until)), true
	case e.StartedAt == nil:
		return q.unstarted(), true
	case !q.ahead():
		return q.overdue(), true
	}
	return q.replanned()
}

func (q question) unstarted() Why {
	return q.because(WhyStart, q.e.DueAt, "Its batch is being engaged: the contact has not been started yet.")
}

// replanned is why a mail whose slot is ahead was planned anew.
func (q question) replanned() (Why, bool) {
	due := q.words(*q.e.DueAt)
	sender := q.s.Address
	texts := map[string]string{
		WhyUnknown:      "The provider did not say whether it took the mail. It waits for a sign until " + due + ".",
		WhyProviderAway: "The provider took no mails when it was due. It is tried again on " + due + ".",
		WhyLate:         "Nothing ran when it was due. So that nothing bursts it was planned anew, for " + due + ".",
		WhyStale:        "It was resumed too late for its slot. It was planned anew with its whole delay, for " + due + ".",
		WhySnoozed:      "The contact wanted no mail when it was due. It was planned anew, for " + due + ".",
		WhyBounces:      "Too many mails of " + sender + " bounced when it was due. It was planned anew, for " + due + ".",
		WhyHorizon:      fmt.Sprintf("The mailbox %s has no slot for it within %d months. It is tried again on %s.", sender, PlanMonths, due),
	}
	if text, ok := texts[q.e.Reason]; ok {
		return q.because(q.e.Reason, q.e.DueAt, "%s", text), true
	}
	if slices.Contains([]string{WhyContactHours, WhyQuotaHour, WhyQuotaDay, WhyGap, WhyCapDomain, WhyCapCompany}, q.e.Reason) {
		return q.pushed(q.e.Reason), true
	}
	return Why{}, false
}

// ending is how a sequence ended, in words.
func (q question) ending() string {
	switch q.e.State {
	case StateStopped:
		return "It was stopped " + q.byWhom()
	case StateReplied:
		switch q.e.Reason {
		case "click":
			return "The contact clicked, which ends this sequence"
		case "meeting":
			return "A meeting was booked"
		case "company_replied":
			return "Somebody of the same company replied"
		}
		return "The contact replied"
	case StateUnresponsive:
		return "All steps were done and no answer came in time"
	case StateUnsubscribed:
		return "The contact unsubscribed"
	case StateBlacklisted:
		if q.person.Status == Erased {
			return "The contact was erased"
		}
		return "The contact was blacklisted"
	case StateBounced:
		return "The contact's address takes no mail"
	case StateError:
		return "A mail could not be sent (" + q.e.Reason + ")"
	}
	return "It is over"
}
