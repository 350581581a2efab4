package calendar

import (
	"fmt"
	"slices"
	"time"
)

// Action is what an override does to its occurrence.
type Action string

// The overrides of a single occurrence.
const (
	ActionMove   Action = "move"
	ActionSkip   Action = "skip"
	ActionCancel Action = "cancel"
)

// Override changes one occurrence by hand. To holds its new wall clocks; a zero
// one keeps what the rule says. A date set by hand is final: the holiday list
// applies to the others only.
type Override struct {
	Action Action
	To     Dates
}

// Overrides are the changed occurrences by ordinal. Ordinals the recurrence does
// not have are ignored.
type Overrides map[int]Override

// Schedule answers which rounds a recurrence asks for, with its overrides and
// holidays. It does not change and is safe for concurrent use.
type Schedule struct {
	rec       Recurrence
	loc       *time.Location
	overrides Overrides
	holidays  Holidays
	last      int // last ordinal
	reach     int // longest holiday move, days
}

// NewSchedule checks everything about r but past dates (see
// Recurrence.Validate) and loads its zone. The error is a FieldErrors, or names
// the ordinal whose override has no known action. Overrides and holidays must
// not be changed afterwards.
func NewSchedule(r Recurrence, overrides Overrides, holidays Holidays) (*Schedule, error) {
	if err := r.check().orNil(); err != nil {
		return nil, err
	}
	loc, err := Zone(r.Zone)
	if err != nil {
		return nil, err
	}
	known := []Action{ActionMove, ActionSkip, ActionCancel}
	for ordinal, o := range overrides {
		if !slices.Contains(known, o.Action) {
			return nil, fmt.Errorf("override of occurrence %d: action %q is none of %q", ordinal, o.Action, known)
		}
	}
	return &Schedule{
		rec: r, loc: loc, overrides: overrides, holidays: holidays,
		last: r.lastOrdinal(), reach: holidays.reach(),
	}, nil
}

// At returns an occurrence by its ordinal, whatever its status; false if the
// recurrence has none.
func (s *Schedule) At(ordinal int) (Occurrence, bool) {
	if ordinal < 0 || ordinal > s.last {
		return Occurrence{}, false
	}
	rule := s.rec.dates(ordinal)
	o := Occurrence{Ordinal: ordinal, Rule: rule, Status: StatusPlanned}
	override := s.overrides[ordinal]
	byHand := override.To.or(rule)
	o.place(byHand, s.loc)

	stop := func(status Status, reason Reason) (Occurrence, bool) {
		o.Status, o.Reason = status, reason
		return o, true
	}
	switch override.Action {
	case ActionSkip:
		return stop(StatusSkipped, ReasonByHand)
	case ActionCancel:
		return stop(StatusCancelled, ReasonByHand)
	}

	dates, holiday, ok := s.holidays.apply(byHand, override.To)
	o.Holiday = holiday
	if !ok {
		return stop(StatusSkipped, ReasonHoliday)
	}
	placed := o
	placed.place(dates, s.loc)
	if !placed.ordered() {
		return stop(StatusSkipped, ReasonOrder)
	}
	o = placed
	switch {
	case dates != byHand:
		return stop(StatusMoved, ReasonHoliday)
	case byHand != rule:
		return stop(StatusMoved, ReasonByHand)
	}
	return o, true
}

// Next returns the occurrence with the smallest ordinal greater than after that
// happens; -1 asks for the first. It reports false when there is none.
func (s *Schedule) Next(after int) (Occurrence, bool) {
	for ordinal := max(after, -1) + 1; ordinal <= s.last; ordinal++ {
		if o, ok := s.At(ordinal); ok && o.Happens() {
			return o, true
		}
	}
	return Occurrence{}, false
}
