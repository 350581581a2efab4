package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// Mailing is one kind of mail about one subject, as in Message; Purpose is a workflows.Purpose, and says what the subject is.
type Mailing struct {
	Subject int64
	Purpose string
}

// String names a mailing for people who read logs and errors.
func (m Mailing) String() string {
	return fmt.Sprintf("%s mail of %s %d", m.Purpose, map[bool]string{true: "session", false: "round"}[m.OfSession()], m.Subject)
}

// OfSession reports whether the subject is a networking session.
func (m Mailing) OfSession() bool { return owes[m.Purpose].ofSession }

// owed is who a purpose is for: a table with one row "m" for each of them, a further condition, and the phases of the
// subject in which it is still right to write.
type owed struct {
	table, where, phases string
	few                  bool // of those in the table
	ofSession            bool // the subject is a networking session; else a round
}

// wasTold and the like look the ledger up by its whole key in a scalar subquery, which is never turned into a join: what
// the planner believes of a table that has just grown by a hundred thousand rows would make it read all of them for a page.
func wasTold(purpose, step string) string {
	return `coalesce((SELECT e.state IN ('sent', 'unknown') OR e.state = 'called' AND EXISTS (SELECT FROM mail_calls c WHERE c.id = e.call_id AND c.state = 'accepted')
		FROM ledger e WHERE e.subject_id = m.round_id AND e.person_id = m.person_id AND e.step = ` + step + ` AND e.purpose = '` + purpose + `'), false)`
}

// onlyOnce holds in one of a person's groups, also where they may be in several; others of a mystery know of one only.
const onlyOnce = `(NOT EXISTS (SELECT FROM rounds r WHERE r.id = $1 AND r.mode = 'composer')
	OR m.group_no = (SELECT min(o.group_no) FROM group_members o WHERE o.round_id = m.round_id AND o.person_id = m.person_id))`

// owes says it: a match goes to everybody of a group once for each of their groups, but to nobody about who gives to them;
// a check-in is about all groups of a person; who took part in a lottery and was not drawn is told nothing.
var owes = map[string]owed{
	"opt_in":   {table: "round_members", where: `m.removed_at IS NULL AND m.answer IS NULL`, phases: `{open}`},
	"reminder": {table: "round_members", where: `m.removed_at IS NULL AND m.answer IS NULL AND ` + wasTold("opt_in", `0`), phases: `{open}`},
	"match":    {table: "group_members", where: `NOT m.receives`, phases: `{sending,sent}`},
	"no_match": {table: "round_members", where: `m.removed_at IS NULL AND m.unmatched IS NOT NULL AND m.unmatched ->> 'code' IS DISTINCT FROM 'not_drawn'`, phases: `{sending,sent}`, few: true},
	"check_in": {table: "group_members", where: `NOT m.receives AND ` + onlyOnce + ` AND ` + wasTold("match", `m.group_no`) + ` AND NOT EXISTS (SELECT FROM program_leavers l JOIN rounds r USING (program_id)
		WHERE r.id = m.round_id AND l.person_id = m.person_id)`, phases: `{sent}`},
	"join": {table: invited, where: `true`, phases: `{planned,doors,open}`, ofSession: true},
	"met":  {table: "attendees", where: haveMet + ` AND ` + hasTicket, phases: `{closed}`, ofSession: true},
}

// who is who a mailing is for.
func (m Mailing) who() (owed, error) {
	o, ok := owes[m.Purpose]
	if !ok {
		return o, fault.New(fault.Invalid, "purpose_unknown", "there is no mail of the kind %q", m.Purpose)
	}
	return o, nil
}

// subject is the column of the table that names the subject, and the table of subjects.
func (o owed) subject() (column, table string) {
	if o.ofSession {
		return `session_id`, `networking_sessions`
	}
	return `round_id`, `rounds`
}

// rows is the SQL of whom a mailing is for: a FROM and a WHERE; $1 is the subject, "m" the row.
func (o owed) rows() (from, where string) {
	column, subjects := o.subject()
	return `FROM ` + o.table + ` m`, fmt.Sprintf(`WHERE m.%s = $1 AND %s AND EXISTS (SELECT FROM %s r WHERE r.id = $1 AND r.phase = ANY ('%s'))`, column, o.where, subjects, o.phases)
}

// mustNot says, as SQL over a person "p", why nobody may write to them now: a code, or ” if all is well. For a thousand
// people it costs a few index look-ups each; mayBeWritten is the same question for everybody at once.
const mustNot = `CASE
	WHEN p.status = 'erased' THEN 'erased'
	WHEN p.status <> 'active' THEN 'inactive'
	WHEN EXISTS (SELECT FROM blacklist b WHERE b.kind = 'address' AND b.value = p.email)
		OR EXISTS (SELECT FROM blacklist b WHERE b.kind = 'domain') AND EXISTS (SELECT FROM (SELECT string_to_array(p.email_domain, '.') AS labels) l
			CROSS JOIN LATERAL generate_subscripts(l.labels, 1) AS i JOIN blacklist b ON b.kind = 'domain' AND b.value = array_to_string(l.labels[i:], '.')) THEN 'blacklisted'
	ELSE '' END`

// fresh plans a statement anew each time: the ledger grows by a hundred thousand rows between two looks at its statistics.
const fresh = pgx.QueryExecModeCacheDescribe

// Message is a row of the ledger read together with its call: one message to one person. Instants are nil where nothing of
// the kind happened.
type Message struct {
	ID             int64      `db:"id"`
	Purpose        string     `db:"purpose"`
	SubjectID      int64      `db:"subject_id"` // the round, the networking session of join and met, the enrollment of a step, the reply of a forward; a number of its own for a test mail
	PersonID       int64      `db:"person_id"`
	Group          int        `db:"step"` // its number, of a match or check-in; 0 for the others
	State          string     `db:"state"`
	Reason         string     `db:"reason"`
	Resends        int        `db:"resends"`
	ProviderID     *string    `db:"provider_id"`
	ClaimedAt      time.Time  `db:"claimed_at"`
	SentAt         *time.Time `db:"sent_at"`
	UnknownAt      *time.Time `db:"unknown_at"` // in doubt since; nil also for a doubt that no further sending will end
	ProcessedAt    *time.Time `db:"processed_at"`
	DeliveredAt    *time.Time `db:"delivered_at"`
	DeferredAt     *time.Time `db:"deferred_at"`
	BouncedAt      *time.Time `db:"bounced_at"`
	DroppedAt      *time.Time `db:"dropped_at"`
	OpenedAt       *time.Time `db:"opened_at"`
	ClickedAt      *time.Time `db:"clicked_at"`
	SpamAt         *time.Time `db:"spam_at"`
	UnsubscribedAt *time.Time `db:"unsubscribed_at"`
}

const messageColumns = `id, purpose, subject_id, person_id, step, state, reason, resends, provider_id, claimed_at, sent_at, unknown_at,
	processed_at, delivered_at, deferred_at, bounced_at, dropped_at, opened_at, clicked_at, spam_at, unsubscribed_at`

// MessageFilter narrows Messages; zero fields do not.
type MessageFilter struct {
	State, Purpose         string
	Round, Session, Person int64
}

// Messages lists the ledger by id.
func (db *DB) Messages(ctx context.Context, f MessageFilter, p Page) ([]Message, error) {
	return manyRows[Message](ctx, db.pool, "messages", `SELECT `+messageColumns+` FROM messages WHERE id > $1
		AND ($3 = '' OR state = $3) AND ($4 = '' OR purpose = $4) AND ($5::bigint = 0 OR subject_id = $5 AND purpose NOT IN ('join', 'met', 'test', 'step', 'forward'))
		AND ($6::bigint = 0 OR person_id = $6) AND ($7::bigint = 0 OR subject_id = $7 AND purpose IN ('join', 'met')) ORDER BY id LIMIT $2`,
		fresh, p.After, p.Limit, f.State, f.Purpose, f.Round, f.Person, f.Session)
}

// Message reads one row of the ledger.
func (db *DB) Message(ctx context.Context, id int64) (Message, error) {
	return oneRow[Message](ctx, db.pool, "message_not_found", "message", `SELECT `+messageColumns+` FROM messages WHERE id = $1`, id)
}

// MailTotals counts a mailing's messages by state.
type MailTotals struct {
	Sent, Failed, Suppressed, Unknown, Sending int
	DoubtSince                                 *time.Time // the first doubt that a further sending will end
}

// MailTotals counts a mailing. It reads every message of it: 100,000 take some 50 ms.
func (db *DB) MailTotals(ctx context.Context, m Mailing) (MailTotals, error) {
	var t MailTotals
	// Few calls are open: the other messages in state called were sent.
	err := db.pool.QueryRow(ctx, `SELECT count(*) FILTER (WHERE state = 'sent' OR state = 'called' AND call_id <> ALL (open.ids)),
			count(*) FILTER (WHERE state = 'failed'), count(*) FILTER (WHERE state = 'suppressed'), count(*) FILTER (WHERE state = 'unknown'),
			count(*) FILTER (WHERE state = 'called' AND call_id = ANY (open.ids)), min(unknown_at) FILTER (WHERE state = 'unknown')
		FROM ledger CROSS JOIN (SELECT ARRAY(SELECT id FROM mail_calls WHERE purpose = $2 AND subject_id = $1 AND state = 'open') AS ids) open
		WHERE purpose = $2 AND subject_id = $1`, fresh, m.Subject, m.Purpose).
		Scan(&t.Sent, &t.Failed, &t.Suppressed, &t.Unknown, &t.Sending, &t.DoubtSince)
	if err != nil {
		return t, fmt.Errorf("count the messages of %s: %w", m, err)
	}
	return t, nil
}
