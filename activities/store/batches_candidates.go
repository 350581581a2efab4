package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"rondo/activities/quota"
)

// Why somebody in a batch is not engaged, in the order in which they are found.
const (
	RefusedBlacklisted = "blacklisted"       // may not be written to
	RefusedEngaged     = "engaged"           // is in a sequence that is not over
	RefusedMissing     = "missing_variables" // a text prints what is not known of them
	RefusedBefore      = "been_before"       // was in a sequence before, and the safeguards hold
	RefusedNoSender    = "no_sender"         // their owner, if they have one, has no mailbox
	RefusedHours       = "no_common_hours"   // their own hours and those of their sender never meet
)

// Refusals are all reasons, in the order of the wizard.
var Refusals = []string{RefusedBlacklisted, RefusedEngaged, RefusedMissing, RefusedBefore, RefusedNoSender, RefusedHours}

// Candidate is somebody in a batch.
type Candidate struct {
	ID         int64               `db:"id"`
	Email      string              `db:"email"`
	Domain     string              `db:"email_domain"`
	Name       string              `db:"name"`
	Timezone   string              `db:"timezone"`
	OwnerID    *int64              `db:"owner_id"`
	Attributes map[string]string   `db:"attributes"`
	Texts      map[string]StepText `db:"texts"` // by step
	Writable   bool                `db:"writable"`
	Engaged    bool                `db:"engaged"`
	Before     bool                `db:"before"`

	Refused string   `db:"-"` // one of Refusals, or ""
	Missing []string `db:"-"` // with RefusedMissing: names of attributes, or name
	Sender  int64    `db:"-"` // of those not refused
}

// Needs tells what the texts of a mail need to know of their reader: see mail.Needs.
type Needs func(texts ...string) []string

// Candidates is everybody in a batch, those who will be begun first at the head, with why some cannot be engaged and who
// writes to the others.
func (db *DB) Candidates(ctx context.Context, b Batch, needs Needs) ([]Candidate, error) {
	var out []Candidate
	err := pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		s, err := sequenceByID(ctx, tx, b.SequenceID, "")
		if err != nil {
			return err
		}
		steps, err := stepsOf(ctx, tx, b.SequenceID, b.Edition)
		if err == nil {
			out, err = candidates(ctx, tx, b, s, steps, needs)
		}
		return err
	})
	return out, err
}

func candidates(ctx context.Context, tx pgx.Tx, b Batch, s Sequence, steps []Step, needs Needs) ([]Candidate, error) {
	rows, err := manyRows[Candidate](ctx, tx, "contacts", `SELECT p.id, coalesce(p.email, '') AS email, coalesce(p.email_domain, '') AS email_domain, p.name,
			p.timezone, p.owner_id, p.attributes, bp.texts, p.email IS NOT NULL AND `+mayBeWritten+` AS writable,
			EXISTS (SELECT FROM enrollments e WHERE e.person_id = p.id AND e.ended_at IS NULL) AS engaged,
			EXISTS (SELECT FROM enrollments e WHERE e.person_id = p.id) AS before
		FROM batch_people bp JOIN people p ON p.id = bp.person_id WHERE bp.batch_id = $1`, b.ID)
	if err != nil {
		return nil, err
	}
	boxes, err := usableSenders(ctx, tx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(x, y Candidate) int { return shuffled(b.Seed, x.ID, y.ID) })
	needed := stepNeeds(steps, needs)
	meets := meeting{s: s, steps: steps, known: map[met]bool{}, senders: map[int64]*quota.Plan{}}
	next := 0
	for i := range rows {
		c := &rows[i]
		c.Missing = c.missing(steps, needed, needs)
		switch {
		case !c.Writable:
			c.Refused = RefusedBlacklisted
		case c.Engaged:
			c.Refused = RefusedEngaged
		case len(c.Missing) > 0:
			c.Refused = RefusedMissing
		case c.Before && s.Safeguards && !b.Authorized:
			c.Refused = RefusedBefore
		default:
			c.Sender = b.senderOf(*c, next)
			next++
			if !boxes[c.Sender] {
				c.Sender, c.Refused = 0, RefusedNoSender
				break
			}
			ok, err := meets.ever(ctx, tx, c.Sender, c.recipient())
			if err != nil {
				return nil, err
			}
			if !ok {
				c.Sender, c.Refused = 0, RefusedHours
			}
		}
	}
	return rows, nil
}

// senderOf is who writes to the nth contact that is not refused: of selected senders each in turn, or one drawn.
func (b Batch) senderOf(c Candidate, nth int) int64 {
	switch {
	case b.Senders == "owners":
		if c.OwnerID == nil {
			return 0
		}
		return *c.OwnerID
	case b.Split == "random":
		return b.SenderIDs[drawn(b.Seed, c.ID, len(b.SenderIDs))]
	}
	return b.SenderIDs[nth%len(b.SenderIDs)]
}

func usableSenders(ctx context.Context, q querier) (map[int64]bool, error) {
	rows, err := q.Query(ctx, `SELECT user_id FROM senders WHERE deleted_at IS NULL`)
	if err != nil {
		return nil, fmt.Errorf("find senders: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("find senders: %w", err)
	}
	usable := make(map[int64]bool, len(ids))
	for _, id := range ids {
		usable[id] = true
	}
	return usable, nil
}

// stepNeeds is what each mail of a sequence needs.
func stepNeeds(steps []Step, needs Needs) [][]string {
	all := make([][]string, len(steps))
	for i, s := range steps {
		if s.Kind == MailStep {
			all[i] = needs(s.Subject, s.Text, s.HTML)
		}
	}
	return all
}

// missing lists what the texts print and nobody knows of a contact.
func (c Candidate) missing(steps []Step, needed [][]string, needs Needs) []string {
	missing := []string{}
	for i, s := range steps {
		need := needed[i]
		if own, edited := s.TextFor(c.Texts); edited {
			need = needs(own.Subject, own.Text, own.HTML)
		}
		for _, name := range need {
			if !c.knows(name) && !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
		}
	}
	return missing
}

func (c Candidate) knows(name string) bool {
	switch name {
	case "email":
		return true
	case "name":
		return c.Name != ""
	}
	return c.Attributes[name] != ""
}

// recipient is the contact as planning sees it.
func (c Candidate) recipient() recipient {
	return recipient{Domain: c.Domain, Timezone: c.Timezone, Attributes: c.Attributes}
}

// edits are the texts edited for a contact as they are stored with the enrollment.
func (c Candidate) edits() json.RawMessage {
	if len(c.Texts) == 0 {
		return json.RawMessage(`{}`)
	}
	raw, err := json.Marshal(c.Texts)
	if err != nil {
		return json.RawMessage(`{}`) // texts always encode: they came from JSON
	}
	return raw
}
