package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
	"rondo/activities/store/filter"
)

// Ticket admits a person to the sessions of an event. Everybody needs one, admins too.
type Ticket struct {
	ID          int64      `db:"id"`
	EventID     int64      `db:"event_id"`
	PersonID    int64      `db:"person_id"`
	TypeID      int64      `db:"type_id"`
	Type        string     `db:"type"`  // its name
	Email       string     `db:"email"` // of the person, as their name; "" when erased
	Name        string     `db:"name"`
	DisplayName string     `db:"display_name"` // what the attendee wants to be called; "" is the person's name
	RevokedAt   *time.Time `db:"revoked_at"`
	Version     int64      `db:"version"`
	CreatedAt   time.Time  `db:"created_at"`
}

// MaxTickets is how many tickets may be registered or revoked at once.
const MaxTickets = 500

// TicketLine asks for one ticket. The person is named by id, or by address if that is 0.
type TicketLine struct {
	PersonID int64
	Email    string
	Type     string // the name of a type, or its id in decimal
	Key      string // the caller's own name for the line, which its refusal repeats; it is not kept
}

// RefusedTicket is a line for which there is no ticket.
type RefusedTicket struct {
	Line    int    // from 1
	Key     string // the caller's
	Column  string // person_id, email or type
	Code    string // person_not_found, email_..., ticket_type_not_found, duplicate_line
	Message string // what is wrong and what would be right
}

// RegisteredTickets says what became of lines; each is counted once.
type RegisteredTickets struct {
	Created   int
	Updated   int // of another type now, or valid again after it was revoked
	Unchanged int
	Refused   []RefusedTicket // by line
}

// RegisterTickets gives people tickets of an event, or tickets of another type. Lines with something wrong are refused and
// the others kept; of several lines about the same person the first counts. The same lines again change nothing. NotFound
// "event_not_found"; Invalid "too_many_tickets".
func (db *DB) RegisterTickets(ctx context.Context, event int64, lines []TicketLine) (done RegisteredTickets, err error) {
	if len(lines) > MaxTickets {
		return done, fault.BadField("too_many_tickets", "body.tickets", "there are %d tickets: at most %d at once", len(lines), MaxTickets)
	}
	err = db.tx(ctx, func(tx pgx.Tx) error {
		if _, err := liveEventByID(ctx, tx, event, ""); err != nil {
			return err
		}
		r := registering{seen: map[int64]int{}}
		if r.types, err = ticketTypesOf(ctx, tx, event, Page{Limit: MaxTicketTypes}); err != nil {
			return err
		}
		if r.people, err = peopleOf(ctx, tx, lines); err != nil {
			return err
		}
		for i, l := range lines {
			r.judge(i+1, l)
		}
		done = r.done
		if len(r.persons) == 0 {
			return nil
		}
		err := tx.QueryRow(ctx, `WITH written AS (
				INSERT INTO tickets AS t (event_id, person_id, type_id) SELECT $1, x.person, x.type FROM unnest($2::bigint[], $3::bigint[]) x (person, type) ORDER BY 2
				ON CONFLICT (event_id, person_id) DO UPDATE SET type_id = excluded.type_id, revoked_at = NULL, version = t.version + 1
				WHERE t.type_id <> excluded.type_id OR t.revoked_at IS NOT NULL RETURNING t.version)
			SELECT count(*) FILTER (WHERE version = 1), count(*) FILTER (WHERE version > 1) FROM written`, event, r.persons, r.typeIDs).Scan(&done.Created, &done.Updated)
		if err != nil {
			return fmt.Errorf("register tickets of event %d: %w", event, err)
		}
		done.Unchanged = len(r.persons) - done.Created - done.Updated
		return nil
	})
	return done, err
}

// registering is lines on their way to become tickets.
type registering struct {
	types  []TicketType
	people map[string]int64 // by id in decimal and by address
	seen   map[int64]int    // person to line

	done             RegisteredTickets
	persons, typeIDs []int64
}

func (r *registering) judge(line int, l TicketLine) {
	refuse := func(column, code, format string, args ...any) {
		r.done.Refused = append(r.done.Refused, RefusedTicket{Line: line, Key: l.Key, Column: column, Code: code, Message: fmt.Sprintf(format, args...)})
	}
	column, who := "person_id", strconv.FormatInt(l.PersonID, 10)
	if l.PersonID == 0 {
		column = "email"
		address, err := Address("email", l.Email)
		if err != nil {
			f := fault.From(err)
			refuse(column, f.Code, "%s", f.Message)
			return
		}
		who = address
	}
	person, known := r.people[who]
	kind := ticketTypeNamed(r.types, l.Type)
	switch first, twice := r.seen[person]; {
	case !known:
		refuse(column, "person_not_found", "there is no such person: create or import people first")
	case kind < 0:
		refuse("type", "ticket_type_not_found", "the event has no such ticket type: give its name or id")
	case twice:
		refuse(column, "duplicate_line", "line %d is about the same person", first)
	default:
		r.seen[person] = line
		r.persons, r.typeIDs = append(r.persons, person), append(r.typeIDs, r.types[kind].ID)
	}
}

// ticketTypeNamed finds a type by name or by id in decimal; -1: there is none.
func ticketTypeNamed(types []TicketType, text string) int {
	return slices.IndexFunc(types, func(t TicketType) bool {
		return t.Name == strings.TrimSpace(text) || strconv.FormatInt(t.ID, 10) == text
	})
}

// peopleOf finds the people of lines, erased ones left out, by id in decimal and by address. They cannot be erased until the
// transaction has ended.
func peopleOf(ctx context.Context, tx pgx.Tx, lines []TicketLine) (map[string]int64, error) {
	var ids []int64
	var addresses []string
	for _, l := range lines {
		if l.PersonID != 0 {
			ids = append(ids, l.PersonID)
		} else if a, err := Address("email", l.Email); err == nil {
			addresses = append(addresses, a)
		}
	}
	rows, err := tx.Query(ctx, `SELECT id, email FROM people WHERE (id = ANY ($1) OR email = ANY ($2)) AND status <> 'erased' ORDER BY id FOR SHARE`, ids, addresses)
	if err != nil {
		return nil, fmt.Errorf("find people: %w", err)
	}
	people := map[string]int64{}
	var id int64
	var email string
	_, err = pgx.ForEachRow(rows, []any{&id, &email}, func() error {
		people[strconv.FormatInt(id, 10)], people[email] = id, id
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find people: %w", err)
	}
	return people, nil
}

// RevokedTickets says what became of a revocation.
type RevokedTickets struct {
	Revoked int     // tickets that were valid
	Unknown []int64 // people without a ticket of the event
}

// RevokeTickets makes people's tickets of an event invalid, and takes them out of its running sessions. Doing it again
// changes nothing. NotFound "event_not_found"; Invalid "too_many_tickets".
func (db *DB) RevokeTickets(ctx context.Context, event int64, people []int64) (done RevokedTickets, err error) {
	if len(people) > MaxTickets {
		return done, fault.BadField("too_many_tickets", "body.people", "there are %d people: at most %d at once", len(people), MaxTickets)
	}
	err = db.tx(ctx, func(tx pgx.Tx) error {
		if _, err := liveEventByID(ctx, tx, event, ""); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT person_id FROM tickets WHERE event_id = $1 AND person_id = ANY ($2) ORDER BY person_id FOR UPDATE`, event, people)
		if err != nil {
			return fmt.Errorf("find tickets of event %d: %w", event, err)
		}
		known, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return fmt.Errorf("find tickets of event %d: %w", event, err)
		}
		for _, id := range slices.Compact(slices.Sorted(slices.Values(people))) {
			if _, found := slices.BinarySearch(known, id); !found {
				done.Unknown = append(done.Unknown, id)
			}
		}
		done.Revoked, err = revokeTickets(ctx, tx, `event_id = $1 AND person_id = ANY ($2) AND revoked_at IS NULL`, event, known)
		return err
	})
	return done, err
}

// revokeTickets revokes those that a condition names, and counts them. Whoever they belonged to leaves running sessions, also
// if they are just coming in.
func revokeTickets(ctx context.Context, tx pgx.Tx, where string, args ...any) (int, error) {
	var revoked int
	var sessions []int64
	err := tx.QueryRow(ctx, `WITH gone AS (UPDATE tickets SET revoked_at = now(), version = version + 1 WHERE `+where+` RETURNING event_id, person_id, version),
		asked AS (INSERT INTO session_actions (session_id, person_id, key, kind) SELECT s.id, g.person_id, 'revoked-' || g.version, 'revoked'
			FROM gone g JOIN networking_sessions s ON s.event_id = g.event_id AND `+runningSoon+` ON CONFLICT DO NOTHING RETURNING session_id)
		SELECT (SELECT count(*) FROM gone), ARRAY (SELECT DISTINCT session_id FROM asked)`, args...).Scan(&revoked, &sessions)
	if err != nil {
		return 0, fmt.Errorf("revoke tickets: %w", err)
	}
	if len(sessions) == 0 {
		return revoked, nil
	}
	return revoked, wakeLobbies(ctx, tx, sessions...)
}

// runningSoon says that people may be in session s, or may have come in by the time that the transaction commits.
const runningSoon = `(s.phase IN ('doors', 'open', 'ending') OR s.phase = 'planned' AND s.starts_at < now() + make_interval(secs => s.doors_open_s + 60))`

// TicketFilter narrows a list of tickets.
type TicketFilter struct {
	Type    int64 // 0: any
	Revoked *bool // nil: either
	People  filter.Expr
}

// Tickets lists tickets of an event by id. NotFound "event_not_found".
func (db *DB) Tickets(ctx context.Context, event int64, f TicketFilter, p Page) ([]Ticket, error) {
	if _, err := db.LiveEvent(ctx, event); err != nil {
		return nil, err
	}
	where, args := f.People.SQL(5)
	return manyRows[Ticket](ctx, db.pool, "tickets", `SELECT t.id, t.event_id, t.person_id, t.type_id, k.name AS type, coalesce(p.email, '') AS email,
			p.name, t.display_name, t.revoked_at, t.version, t.created_at
		FROM tickets t JOIN people p ON p.id = t.person_id JOIN ticket_types k ON k.id = t.type_id
		WHERE t.event_id = $1 AND t.id > $2 AND ($4::bigint = 0 OR t.type_id = $4) AND ($5::boolean IS NULL OR (t.revoked_at IS NOT NULL) = $5) AND `+where+`
		ORDER BY t.id LIMIT $3`, append([]any{event, p.After, p.Limit, f.Type, f.Revoked}, args...)...)
}

// JoinLink is somebody who may have a link to a session.
type JoinLink struct {
	PersonID int64  `db:"person_id"`
	Name     string `db:"name"` // as others see them
}

// SessionGuests lists who has a valid ticket for a session, by person; bots need no links.
func (db *DB) SessionGuests(ctx context.Context, session int64, p Page) ([]JoinLink, error) {
	return manyRows[JoinLink](ctx, db.pool, "guests", guests+` AND t.person_id > $2 ORDER BY t.person_id LIMIT $3`, session, p.After, p.Limit)
}

// SessionGuest finds somebody who has a valid ticket for a session. NotFound "ticket_not_found".
func (db *DB) SessionGuest(ctx context.Context, session, person int64) (JoinLink, error) {
	return oneRow[JoinLink](ctx, db.pool, "ticket_not_found", "ticket: everybody needs one for the session's event, admins too",
		guests+` AND t.person_id = $2`, session, person)
}

const guests = `SELECT t.person_id, ` + shownName + ` AS name FROM networking_sessions s JOIN tickets t ON t.event_id = s.event_id AND t.revoked_at IS NULL
	JOIN people p ON p.id = t.person_id WHERE s.id = $1 AND NOT ` + ofBot

// shownName is what others call p, of whom t is the ticket, if they have one.
const shownName = `coalesce(nullif(t.display_name, ''), p.name, '')`
