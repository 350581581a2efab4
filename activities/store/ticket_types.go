package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// TicketType is a kind of attendee of an event, such as Speaker or Investor. Rules of sessions say which may meet which.
type TicketType struct {
	ID        int64     `db:"id"`
	EventID   int64     `db:"event_id"`
	Name      string    `db:"name"` // unique within the event, and not all digits: those would be an id
	CreatedAt time.Time `db:"created_at"`
}

const ticketTypeColumns = `id, event_id, name, created_at`

// MaxTicketTypes is how many types an event may have.
const MaxTicketTypes = 100

// TicketTypes lists the types of an event by id. NotFound "event_not_found".
func (db *DB) TicketTypes(ctx context.Context, event int64, p Page) ([]TicketType, error) {
	if _, err := db.LiveEvent(ctx, event); err != nil {
		return nil, err
	}
	return ticketTypesOf(ctx, db.pool, event, p)
}

func ticketTypesOf(ctx context.Context, q querier, event int64, p Page) ([]TicketType, error) {
	return manyRows[TicketType](ctx, q, "ticket types",
		`SELECT `+ticketTypeColumns+` FROM ticket_types WHERE event_id = $1 AND id > $2 ORDER BY id LIMIT $3`, event, p.After, p.Limit)
}

// CreateTicketType adds a type. NotFound "event_not_found"; Conflict "name_taken", "too_many_ticket_types"; Invalid for the name.
func (db *DB) CreateTicketType(ctx context.Context, event int64, name string) (t TicketType, err error) {
	if name, err = requiredName(name, "the ticket type"); err != nil {
		return t, err
	}
	if strings.Trim(name, "0123456789") == "" {
		return t, fault.BadField("name_is_number", "body.name", "the name of a ticket type is not only digits: a number stands for the id of one")
	}
	err = db.tx(ctx, func(tx pgx.Tx) error {
		if _, err := liveEventByID(ctx, tx, event, "FOR NO KEY UPDATE"); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM ticket_types WHERE event_id = $1`, event).Scan(&n); err != nil {
			return fmt.Errorf("count ticket types of event %d: %w", event, err)
		}
		if n >= MaxTicketTypes {
			return fault.New(fault.Conflict, "too_many_ticket_types", "an event has at most %d ticket types", MaxTicketTypes)
		}
		t, err = oneRow[TicketType](ctx, tx, "ticket_type_not_found", "ticket type",
			`INSERT INTO ticket_types (event_id, name) VALUES ($1, $2) RETURNING `+ticketTypeColumns, event, name)
		if isUnique(err, "ticket_types_event_id_name_key") {
			return fault.Wrap(err, fault.Conflict, "name_taken", "the event has a ticket type of that name")
		}
		return err
	})
	return t, err
}

// DeleteTicketType deletes a type that nobody has a ticket of, revoked ones included, and that no session's rules name.
// NotFound "ticket_type_not_found"; Conflict "ticket_type_in_use".
func (db *DB) DeleteTicketType(ctx context.Context, event, id int64) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		_, err := oneRow[TicketType](ctx, tx, "ticket_type_not_found", "ticket type of this event",
			`SELECT `+ticketTypeColumns+` FROM ticket_types WHERE event_id = $1 AND id = $2 FOR UPDATE`, event, id) // whoever uses it holds it FOR KEY SHARE
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `DELETE FROM ticket_types WHERE id = $2
			AND NOT EXISTS (SELECT FROM tickets WHERE event_id = $1 AND type_id = $2)
			AND NOT EXISTS (SELECT FROM networking_sessions s, jsonb_array_elements(s.rules -> 'types') pair WHERE s.event_id = $1 AND pair @> to_jsonb($2::bigint))`, event, id)
		if err != nil {
			return fmt.Errorf("delete ticket type %d: %w", id, err)
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.Conflict, "ticket_type_in_use", "there are tickets of this type, or a session's rules name it")
		}
		return nil
	})
}
