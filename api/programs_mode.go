package api

import (
	"slices"

	"rondo/activities/fault"
	"rondo/activities/matching"
	"rondo/activities/store"
)

// Seats is what every group of a composer is made of.
type Seats struct {
	Attribute string `json:"attribute" minLength:"1" maxLength:"100" doc:"Whose values have the seats" example:"role"`
	Of        []Seat `json:"of" minItems:"1" maxItems:"8" nullable:"false" doc:"They add up to 2 to 8 people" example:"[{\"value\": \"mentor\", \"count\": 1}, {\"value\": \"mentee\", \"count\": 1}]"`
	Rematch   int    `json:"rematch,omitempty" minimum:"-1" maximum:"100" doc:"In how many groups a person of the scarcer values may be: 0 and 1 are one, -1 is unlimited"`
}

// Seat is so many people with a value.
type Seat struct {
	Value string `json:"value" minLength:"1" maxLength:"1000"`
	Count int    `json:"count" minimum:"1" maximum:"8"`
}

func showSeats(s matching.Seats) *Seats {
	if len(s.Of) == 0 {
		return nil
	}
	out := Seats{Attribute: s.Attribute, Rematch: s.Rematch}
	for _, seat := range s.Of {
		out.Of = append(out.Of, Seat(seat))
	}
	return &out
}

// applyMode writes mode, leftover, seats, fixed people and the group size that follows from them. What another mode needs
// goes with it, unless it is given too.
func (f programFields) applyMode(p *store.Program) error {
	if f.Leftover != nil {
		p.Leftover = matching.Leftover(*f.Leftover)
	}
	if f.Mode != nil && *f.Mode != string(p.Mode) {
		p.Mode, p.Seats, p.Fixed = matching.Mode(*f.Mode), matching.Seats{}, []int64{}
	}
	if err := firstError(f.applySeats(p), f.applyFixed(p)); err != nil {
		return err
	}
	if p.Mode != matching.ModeMystery {
		return nil
	}
	if f.GroupSize != nil && *f.GroupSize != 2 {
		return fault.BadField("mystery_group_size", "body.group_size", "in mode mystery one gives to one: the group size is 2, or left out")
	}
	p.GroupSize = 2
	return nil
}

func (f programFields) applySeats(p *store.Program) error {
	if p.Mode != matching.ModeCompose {
		if f.Seats != nil {
			return fault.BadField("seats_unused", "body.seats", "only mode composer has seats, and this is mode %s: leave them out", p.Mode)
		}
		return nil
	}
	if f.Seats != nil {
		seats, err := f.Seats.clean()
		if err != nil {
			return err
		}
		p.Seats = seats
	}
	if len(p.Seats.Of) == 0 {
		return fault.BadField("seats_missing", "body.seats", "mode composer makes groups of seats: say how many people of which value of which attribute")
	}
	sum := 0
	for _, seat := range p.Seats.Of {
		sum += seat.Count
	}
	switch {
	case sum < matching.MinGroupSize || sum > matching.MaxGroupSize:
		return fault.BadField("seats_size", "body.seats.of", "the seats add up to %d: a group has %d to %d people", sum, matching.MinGroupSize, matching.MaxGroupSize)
	case f.GroupSize != nil && *f.GroupSize != sum:
		return fault.BadField("group_size_not_seats", "body.group_size", "the seats add up to %d: the group size is that, or left out", sum)
	}
	p.GroupSize = sum
	return nil
}

func (s Seats) clean() (matching.Seats, error) {
	out := matching.Seats{Rematch: s.Rematch}
	var err error
	if out.Attribute, err = store.AttributeName("body.seats.attribute", s.Attribute); err != nil {
		return out, err
	}
	for i, seat := range s.Of {
		at := "body.seats.of[" + itoa(i) + "].value"
		value, err := store.AttributeValue(at, seat.Value)
		switch {
		case err != nil:
			return out, err
		case value == "":
			return out, fault.BadField("seat_value_missing", at, "a seat is for people with a value: name it")
		case slices.ContainsFunc(out.Of, func(other matching.Seat) bool { return other.Value == value }):
			return out, fault.BadField("seat_twice", at, "there are seats for this value already: raise their count instead")
		}
		out.Of = append(out.Of, matching.Seat{Value: value, Count: seat.Count})
	}
	return out, nil
}

func (f programFields) applyFixed(p *store.Program) error {
	if f.Fixed == nil {
		return nil
	}
	p.Fixed = append([]int64{}, *f.Fixed...)
	if p.Mode != matching.ModeLottery && len(p.Fixed) > 0 {
		return fault.BadField("fixed_unused", "body.fixed", "only mode lottery has fixed people, and this is mode %s: leave them out", p.Mode)
	}
	for i, id := range p.Fixed {
		if slices.Contains(p.Fixed[:i], id) {
			return fault.BadField("fixed_twice", "body.fixed["+itoa(i)+"]", "person %d is fixed already", id)
		}
	}
	return nil
}
