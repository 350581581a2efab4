package calendar

import "time"

// Status says whether an occurrence happens and whether where the rule put it.
type Status string

// The states of an occurrence.
const (
	StatusPlanned   Status = "planned"   // happens where the rule puts it
	StatusMoved     Status = "moved"     // happens, on other dates
	StatusSkipped   Status = "skipped"   // does not happen; the schedule goes on
	StatusCancelled Status = "cancelled" // called off by hand
)

// Reason is the code of why an occurrence is not simply planned.
type Reason string

// The reasons; a planned occurrence has none.
const (
	ReasonByHand  Reason = "by_hand" // an override
	ReasonHoliday Reason = "holiday" // the holiday list; Occurrence.Holiday names it
	ReasonOrder   Reason = "order"   // its opt-in would not be before its match, by a move or a clock change
)

// Moment is one date-time of an occurrence. The zero Moment means "none".
type Moment struct {
	Wall       Wall
	At         time.Time // in the zone of the recurrence
	Resolution Resolution
}

// Occurrence is one round a schedule asks for.
type Occurrence struct {
	Ordinal int   // 0, 1, 2 ... by the rule; moving an occurrence does not change it
	Rule    Dates // where the rule alone puts it

	// Where it is now. A skipped or cancelled occurrence keeps the dates it
	// would have had but for the holiday list.
	Review, OptIn, Match Moment

	// ClockChange tells that the zone's offset at the match is another than at
	// the opt-in (or review): the hours between them are not what the two wall
	// clocks suggest.
	ClockChange bool

	Status  Status
	Reason  Reason
	Holiday string // name of the first holiday that moved or skipped it
}

// Happens reports whether the occurrence is planned or moved.
func (o Occurrence) Happens() bool {
	return o.Status == StatusPlanned || o.Status == StatusMoved
}

// First returns the earliest instant of the occurrence.
func (o Occurrence) First() time.Time {
	var first time.Time
	for _, m := range o.moments() {
		if first.IsZero() || m.At.Before(first) {
			first = m.At
		}
	}
	return first
}

// Last returns the latest instant of the occurrence.
func (o Occurrence) Last() time.Time {
	var last time.Time
	for _, m := range o.moments() {
		if last.IsZero() || m.At.After(last) {
			last = m.At
		}
	}
	return last
}

// moments returns those that are set, in the order of a round.
func (o Occurrence) moments() []Moment {
	set := make([]Moment, 0, 3)
	for _, m := range []Moment{o.Review, o.OptIn, o.Match} {
		if !m.Wall.IsZero() {
			set = append(set, m)
		}
	}
	return set
}

// place sets the moments of the occurrence.
func (o *Occurrence) place(d Dates, loc *time.Location) {
	moment := func(w Wall) Moment {
		if w.IsZero() {
			return Moment{}
		}
		at, resolution := w.Resolve(loc)
		return Moment{Wall: w, At: at, Resolution: resolution}
	}
	o.Review, o.OptIn, o.Match = moment(d.Review), moment(d.OptIn), moment(d.Match)

	set := o.moments()
	_, from := set[0].At.Zone()
	_, to := set[len(set)-1].At.Zone()
	o.ClockChange = from != to
}

// ordered reports whether the moments follow each other in time.
func (o Occurrence) ordered() bool {
	set := o.moments()
	for i := 1; i < len(set); i++ {
		if !set[i-1].At.Before(set[i].At) {
			return false
		}
	}
	return true
}
