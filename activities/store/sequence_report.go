package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// SequenceReport is what became of a sequence, or of one batch of it.
type SequenceReport struct {
	Contacts, Open int           // enrollments; those not over
	Written        int           // contacts whose first mail went
	States         map[State]int // without those nobody is in
	Steps          []StepReport  // by number
	Early          Responses     // before anything was sent
}

// StepReport is what became of one step. Of different editions the steps of the same number are counted together, and the
// kind and subject are those of the latest.
type StepReport struct {
	Step          int    `db:"step"`
	Kind, Subject string `db:"-"`
	Planned       int    `db:"planned"` // reserved slots
	Sending       int    `db:"sending"` // claimed, and the provider has not answered
	Sent          int    `db:"sent"`    // accepted by the provider
	InDoubt       int    `db:"in_doubt"`
	First         int    `db:"first"` // of those sent or being sent, the first mail to their contact
	Failed        int    `db:"failed"`
	Delivered     int    `db:"delivered"`
	Opened        int    `db:"opened"`
	Clicked       int    `db:"clicked"`
	Bounced       int    `db:"bounced"`
	TasksOpen     int    `db:"tasks_open"`
	TasksDone     int    `db:"tasks_done"`
	TasksSkipped  int    `db:"tasks_skipped"`
	Responses
}

// Responses count contacts by the last step that had been sent to them.
type Responses struct {
	Replied      int `db:"replied"`
	Meetings     int `db:"meetings"`
	Unsubscribed int `db:"unsubscribed"` // by link, by mail or by a spam report
}

// States are the ten states.
var States = []State{
	StateAdded, StateActive, StateStopped, StatePaused, StateReplied, StateUnresponsive, StateUnsubscribed, StateBlacklisted, StateBounced, StateError,
}

// of the enrollments asked about; $1 is the sequence, $2 the batch, or 0.
const reported = `e.sequence_id = $1 AND ($2::bigint = 0 OR e.batch_id = $2)`

// The parts of a report are sums over the enrollments in question; each gives some columns of StepReport by step.
const (
	reportPlanned = `SELECT s.step, count(*) AS planned FROM enrollments e JOIN slots s ON s.enrollment_id = e.id
		WHERE ` + reported + ` AND NOT s.claimed GROUP BY 1`

	// All that were called count as sent, until reportSending takes off those whose call is open, which are few.
	reportMails = `SELECT l.step, count(*) FILTER (WHERE l.state IN ('sent', 'called')) AS sent, count(*) FILTER (WHERE l.state = 'unknown') AS in_doubt,
			count(*) FILTER (WHERE l.state = 'failed') AS failed, count(l.delivered_at) AS delivered, count(l.opened_at) AS opened, count(l.clicked_at) AS clicked,
			count(l.bounced_at) AS bounced, count(*) FILTER (WHERE coalesce(l.unsubscribed_at, l.spam_at) IS NOT NULL AND e.state <> 'unsubscribed') AS unsubscribed,
			count(*) FILTER (WHERE l.state IN ('sent', 'called') AND l.step = f.first) AS first
		FROM enrollments e JOIN ledger l ON l.subject_id = e.id AND l.person_id = e.person_id AND l.purpose = 'step'
			LEFT JOIN (SELECT edition, min(no) AS first FROM sequence_steps WHERE sequence_id = $1 AND kind = 'mail' GROUP BY 1) f ON f.edition = e.edition
		WHERE ` + reported + ` GROUP BY 1`

	reportSending = `SELECT l.step, count(*) AS sending, -count(*) AS sent
		FROM mail_calls c JOIN enrollments e ON e.id = c.subject_id
			JOIN ledger l ON l.subject_id = e.id AND l.person_id = e.person_id AND l.purpose = 'step' AND l.call_id = c.id AND l.state = 'called'
		WHERE c.purpose = 'step' AND c.state = 'open' AND ` + reported + ` GROUP BY 1`

	reportTasks = `SELECT t.step, count(*) FILTER (WHERE t.outcome IS NULL) AS tasks_open, count(*) FILTER (WHERE t.outcome = 'done') AS tasks_done,
			count(*) FILTER (WHERE t.outcome = 'skipped') AS tasks_skipped
		FROM enrollments e JOIN tasks t ON t.enrollment_id = e.id WHERE ` + reported + ` GROUP BY 1`

	// Those who responded are few: the last step before is looked up for each. Step 0 is before the first.
	reportResponses = `SELECT coalesce((SELECT max(l.step) FROM ledger l WHERE l.subject_id = x.id AND l.purpose = 'step' AND l.claimed_at <= x.at
				AND l.state IN ('called', 'sent', 'unknown')), 0) AS step,
			count(*) FILTER (WHERE what = 'reply') AS replied, count(*) FILTER (WHERE what = 'meeting') AS meetings,
			count(*) FILTER (WHERE what = 'unsubscribe') AS unsubscribed
		FROM (SELECT e.id, CASE r.kind WHEN 'meeting' THEN 'meeting' ELSE 'reply' END AS what, min(r.at) AS at FROM replies r JOIN enrollments e ON e.id = r.enrollment_id
				WHERE ` + reported + ` AND r.kind IN ('reply', 'negative', 'meeting') GROUP BY 1, 2
			UNION ALL SELECT e.id, 'unsubscribe', e.ended_at FROM enrollments e WHERE ` + reported + ` AND e.state = 'unsubscribed') x GROUP BY 1`
)

// SequenceReport counts a sequence, or one batch of it if that is not 0. It reads all of its rows: see BenchmarkSequenceReport.
func (db *DB) SequenceReport(ctx context.Context, sequence, batch int64) (r SequenceReport, err error) {
	err = pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		s, err := sequenceByID(ctx, tx, sequence, "")
		if err != nil {
			return err
		}
		editions := []int{s.Edition}
		if batch != 0 {
			b, err := batchByID(ctx, tx, batch, "")
			if err != nil && !errors.Is(err, &fault.Error{Code: "batch_not_found"}) {
				return err
			}
			if err != nil || b.SequenceID != sequence {
				return fault.New(fault.NotFound, "batch_not_found", "the sequence has no such batch")
			}
			editions = []int{b.Edition}
		}
		used, err := r.countStates(ctx, tx, sequence, batch)
		if err != nil {
			return err
		}
		return r.countSteps(ctx, tx, sequence, batch, append(editions, used...))
	})
	return r, err
}

// countStates counts contacts, and says which editions they have.
func (r *SequenceReport) countStates(ctx context.Context, tx pgx.Tx, sequence, batch int64) (editions []int, err error) {
	rows, err := tx.Query(ctx, `SELECT e.state, e.edition, count(*), count(*) FILTER (WHERE e.ended_at IS NULL) FROM enrollments e
		WHERE `+reported+` GROUP BY 1, 2`, fresh, sequence, batch)
	if err != nil {
		return nil, fmt.Errorf("count contacts of sequence %d: %w", sequence, err)
	}
	r.States = map[State]int{}
	var state State
	var edition, n, open int
	_, err = pgx.ForEachRow(rows, []any{&state, &edition, &n, &open}, func() error {
		r.Contacts, r.Open = r.Contacts+n, r.Open+open
		r.States[state] += n
		editions = append(editions, edition)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count contacts of sequence %d: %w", sequence, err)
	}
	return editions, nil
}

// reportedStep is what an edition's step is called.
type reportedStep struct {
	No      int    `db:"no"`
	Kind    string `db:"kind"`
	Subject string `db:"subject"`
}

func (r *SequenceReport) countSteps(ctx context.Context, tx pgx.Tx, sequence, batch int64, editions []int) error {
	steps, err := manyRows[reportedStep](ctx, tx, "steps", `SELECT DISTINCT ON (no) no, kind, subject FROM sequence_steps
		WHERE sequence_id = $1 AND edition = ANY ($2) ORDER BY no, edition DESC`, sequence, editions)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `SET LOCAL work_mem = '64MB'; SET LOCAL jit = off`); err != nil { // joins of all mails, without temporary files
		return fmt.Errorf("count steps of sequence %d: %w", sequence, err)
	}
	by := map[int]*StepReport{0: {}}
	for _, s := range steps {
		by[s.No] = &StepReport{Step: s.No, Kind: s.Kind, Subject: s.Subject}
	}
	for _, sql := range []string{reportPlanned, reportMails, reportSending, reportTasks, reportResponses} {
		rows, err := tx.Query(ctx, sql, fresh, sequence, batch)
		if err != nil {
			return fmt.Errorf("count steps of sequence %d: %w", sequence, err)
		}
		parts, err := pgx.CollectRows(rows, pgx.RowToStructByNameLax[StepReport])
		if err != nil {
			return fmt.Errorf("count steps of sequence %d: %w", sequence, err)
		}
		for _, p := range parts {
			if by[p.Step] == nil { // of an edition that nobody has any more
				by[p.Step] = &StepReport{Step: p.Step, Kind: MailStep}
			}
			by[p.Step].Add(p)
		}
	}
	for _, step := range by {
		r.Written += step.First
	}
	r.Early = by[0].Responses
	delete(by, 0)
	r.Steps = make([]StepReport, 0, len(by))
	for _, s := range by {
		r.Steps = append(r.Steps, *s)
	}
	slices.SortFunc(r.Steps, func(a, b StepReport) int { return cmp.Compare(a.Step, b.Step) })
	return nil
}

// Add counts what became of another step too.
func (s *StepReport) Add(p StepReport) {
	s.Planned += p.Planned
	s.Sending += p.Sending
	s.Sent += p.Sent
	s.InDoubt += p.InDoubt
	s.First += p.First
	s.Failed += p.Failed
	s.Delivered += p.Delivered
	s.Opened += p.Opened
	s.Clicked += p.Clicked
	s.Bounced += p.Bounced
	s.TasksOpen += p.TasksOpen
	s.TasksDone += p.TasksDone
	s.TasksSkipped += p.TasksSkipped
	s.Replied += p.Replied
	s.Meetings += p.Meetings
	s.Unsubscribed += p.Unsubscribed
}
