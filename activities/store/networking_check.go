package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/pairing"
)

// Limits of a networking session.
const (
	MinMeeting   = 60     // seconds
	MaxMeeting   = 86_400 // seconds
	MaxDoorsOpen = 86_400 // seconds
	MaxVisible   = 20     // attributes
)

// clean checks everything of a session but its times.
func (s NetworkingSession) clean(ctx context.Context, tx pgx.Tx) (NetworkingSession, error) {
	var err error
	if s.Name, err = requiredName(s.Name, "the session"); err != nil {
		return s, err
	}
	if s.MeetingS < MinMeeting || s.MeetingS > MaxMeeting {
		return s, fault.BadField("meeting_length", "body.meeting_seconds", "a meeting lasts %d to %d seconds", MinMeeting, MaxMeeting)
	}
	if err := inRange("body.doors_open_minutes", s.DoorsOpenS, 0, MaxDoorsOpen); err != nil {
		return s, err
	}
	if s.VisibleAttributes, err = attributeNames("body.visible_attributes", s.VisibleAttributes); err != nil {
		return s, err
	}
	s.Rules, err = cleanRules(ctx, tx, s.EventID, s.Rules)
	return s, err
}

// place finds the instants of the wall clocks, which have to lie on the event's days; the end has to be to come.
func (s NetworkingSession) place(ctx context.Context, tx pgx.Tx, e LiveEvent) (NetworkingSession, error) {
	now, err := clockOf(ctx, tx)
	if err != nil {
		return s, err
	}
	loc, err := calendar.Zone(e.Timezone)
	if err != nil {
		return s, fmt.Errorf("event %d: %w", e.ID, err)
	}
	starts, ends := s.Walls()
	if err := onEventDays(e, starts, ends); err != nil {
		return s, err
	}
	s.StartsAt, s.EndsAt = starts.In(loc), ends.In(loc)
	switch {
	case !s.StartsAt.Before(s.EndsAt):
		return s, fault.BadField("ends_before_start", "body.ends", "the session ends at %s: it has to end after its start, %s", ends, starts)
	case !now.Before(s.EndsAt):
		return s, fault.BadField("session_ended", "body.ends", "the session would have ended at %s; a clock in %s shows %s", ends, e.Timezone, calendar.WallOf(now, loc))
	}
	return s, nil
}

// clockOf is the time of the transaction.
func clockOf(ctx context.Context, tx pgx.Tx) (now time.Time, err error) {
	if err = tx.QueryRow(ctx, `SELECT now()`).Scan(&now); err != nil {
		err = fmt.Errorf("read the clock: %w", err)
	}
	return now, err
}

func onEventDays(e LiveEvent, starts, ends calendar.Wall) error {
	if e.holds(starts, ends) {
		return nil
	}
	first, last := e.Days()
	location := "body.ends"
	if d := starts.Date(); d.Before(first) || last.Before(d) {
		location = "body.starts"
	}
	return fault.BadField("outside_event_days", location, "a session takes place on the days of its event, %s to %s: %s to %s does not", first, last, starts, ends)
}

// attributeNames cleans a list of attributes; each counts once.
func attributeNames(location string, names []string) ([]string, error) {
	if len(names) > MaxVisible {
		return nil, fault.BadField("too_many_attributes", location, "there are %d attributes: at most %d can be shown", len(names), MaxVisible)
	}
	out := []string{}
	for i, raw := range names {
		name, err := AttributeName(fmt.Sprintf("%s[%d]", location, i), raw)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out, nil
}

// cleanRules checks the rules of a session; its ticket types have to be the event's. Attributes are named as AttributeName does.
func cleanRules(ctx context.Context, tx pgx.Tx, event int64, r pairing.Rules) (pairing.Rules, error) {
	r.Attributes, r.Relax = slices.Clone(r.Attributes), slices.Clone(r.Relax)
	lower := func(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
	for i := range r.Attributes {
		r.Attributes[i].Attribute = lower(r.Attributes[i].Attribute)
	}
	for i, rule := range r.Relax {
		if attribute, ok := strings.CutPrefix(rule, pairing.AttributePrefix); ok {
			r.Relax[i] = pairing.AttributePrefix + lower(attribute)
		}
	}
	if err := r.Validate(); err != nil {
		f := *fault.From(err)
		f.Fields = slices.Clone(f.Fields)
		for i := range f.Fields {
			f.Fields[i].Location = "body." + f.Fields[i].Location
		}
		return r, &f
	}
	for i, a := range r.Attributes {
		if _, err := AttributeName(fmt.Sprintf("body.rules.attributes[%d].attribute", i), a.Attribute); err != nil {
			return r, err
		}
	}
	var types []int64
	for _, pair := range r.Types {
		types = append(types, pair[:]...)
	}
	rows, err := tx.Query(ctx, `SELECT id FROM ticket_types WHERE event_id = $1 AND id = ANY ($2) FOR KEY SHARE`, event, types)
	if err != nil {
		return r, fmt.Errorf("read ticket types of event %d: %w", event, err)
	}
	known, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return r, fmt.Errorf("read ticket types of event %d: %w", event, err)
	}
	for _, id := range types {
		if !slices.Contains(known, id) {
			return r, fault.BadField("ticket_type_not_found", "body.rules.types", "the event has no ticket type %d", id)
		}
	}
	return r, nil
}
