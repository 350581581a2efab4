package calendar

import (
	"fmt"
	"time"
)

const maxEveryWeeks = 4

// Dates are the wall clocks of one round, all in the zone of its recurrence.
// Three shapes are valid: OptIn and Match; Match alone (automatic
// participation); Review alone (review first, undated until a match is set).
type Dates struct {
	Review Wall // when a review-first round makes its groups; zero otherwise
	OptIn  Wall // when members are asked; zero if nobody is
	Match  Wall // when the groups are told; zero while undated
}

// first returns the earliest wall clock by the order of a round.
func (d Dates) first() Wall {
	switch {
	case !d.Review.IsZero():
		return d.Review
	case !d.OptIn.IsZero():
		return d.OptIn
	default:
		return d.Match
	}
}

func (d Dates) last() Wall {
	if d.Match.IsZero() {
		return d.first()
	}
	return d.Match
}

// each returns the set wall clocks after f.
func (d Dates) each(f func(Wall) Wall) Dates {
	for _, w := range []*Wall{&d.Review, &d.OptIn, &d.Match} {
		if !w.IsZero() {
			*w = f(*w)
		}
	}
	return d
}

// or returns d with its zero wall clocks taken from fallback.
func (d Dates) or(fallback Dates) Dates {
	if d.Review.IsZero() {
		d.Review = fallback.Review
	}
	if d.OptIn.IsZero() {
		d.OptIn = fallback.OptIn
	}
	if d.Match.IsZero() {
		d.Match = fallback.Match
	}
	return d
}

// Recurrence is the rule of a schedule. Occurrence n lies n * EveryWeeks whole
// weeks after Dates on the wall clock of Zone.
type Recurrence struct {
	Dates      Dates
	Zone       string // IANA name
	EveryWeeks int    // 0 once, else every 1 to 4 weeks
	Until      Date   // last day on which an occurrence may begin (its opt-in, else its first date); zero: no such day
	Count      int    // how many occurrences; 0: no such limit
}

// Validate checks a recurrence that is about to be created: its shape and that
// no date lies before now. What the clock of the zone shows right now is not
// past, whatever the fraction of the second. The error is a FieldErrors.
func (r Recurrence) Validate(now time.Time) error {
	errs := r.check()
	loc, err := Zone(r.Zone)
	if err != nil {
		return errs.orNil() // check has reported the zone
	}
	past := func(field string, w Wall) {
		if !w.IsZero() && w != WallOf(now, loc) && w.In(loc).Before(now) {
			errs.add(field, CodePast, fmt.Sprintf("%s in %s is past; it is %s there", w, r.Zone, WallOf(now, loc)))
		}
	}
	past("review", r.Dates.Review)
	past("opt_in", r.Dates.OptIn)
	past("match", r.Dates.Match)
	return errs.orNil()
}

// check reports everything wrong with r that does not depend on now.
func (r Recurrence) check() FieldErrors {
	var errs FieldErrors
	d := r.Dates
	switch {
	case !d.Review.IsZero() && (!d.OptIn.IsZero() || !d.Match.IsZero()):
		errs.add("review", CodeConflict, "a review-first schedule has neither an opt-in nor a match date; they are set round by round")
	case !d.OptIn.IsZero() && d.Match.IsZero():
		errs.add("match", CodeRequired, "an opt-in needs a match date")
	case d == Dates{}:
		errs.add("match", CodeRequired, "a schedule needs a match date, or a review date to begin from")
	}
	loc, err := Zone(r.Zone)
	if err != nil {
		errs.add("zone", CodeUnknownZone, err.Error())
		loc = time.UTC // still compares the two wall clocks below
	}
	if !d.OptIn.IsZero() && !d.Match.IsZero() && !d.OptIn.In(loc).Before(d.Match.In(loc)) {
		errs.add("opt_in", CodeNotBeforeMatch, fmt.Sprintf("the opt-in (%s) must be before the match (%s)", d.OptIn, d.Match))
	}
	if r.EveryWeeks < 0 || r.EveryWeeks > maxEveryWeeks {
		errs.add("every_weeks", CodeOutOfRange, fmt.Sprintf("must be 0 (once) to %d, not %d", maxEveryWeeks, r.EveryWeeks))
	}
	return append(errs, r.checkEnd()...)
}

func (r Recurrence) checkEnd() FieldErrors {
	var errs FieldErrors
	switch {
	case r.Until.IsZero():
	case r.Count > 0:
		errs.add("until", CodeConflict, "give until or count, not both")
	case r.EveryWeeks == 0:
		errs.add("until", CodeNotRecurring, "a schedule that happens once takes no until; set every_weeks")
	case r.Until.Before(r.Dates.first().Date()):
		errs.add("until", CodeUntilBeforeFirst, fmt.Sprintf("%s is before the first date, %s", r.Until, r.Dates.first().Date()))
	}
	switch {
	case r.Count < 0:
		errs.add("count", CodeOutOfRange, fmt.Sprintf("must be 0 (no limit) or more, not %d", r.Count))
	case r.Count > 1 && r.EveryWeeks == 0:
		errs.add("count", CodeNotRecurring, "a schedule that happens once takes no count; set every_weeks")
	}
	return errs
}

// period returns the days between two occurrences; 0 for once.
func (r Recurrence) period() int { return 7 * r.EveryWeeks }

// dates returns the wall clocks of an occurrence by the rule alone.
func (r Recurrence) dates(ordinal int) Dates {
	days := r.period() * ordinal
	return r.Dates.each(func(w Wall) Wall { return w.AddDays(days) })
}

// lastOrdinal returns the ordinal of the last occurrence. A recurrence without
// an end stops with the year 9999.
func (r Recurrence) lastOrdinal() int {
	if r.EveryWeeks == 0 {
		return 0
	}
	fits := func(from, to Date) int { return int(to.days-from.days) / r.period() }
	last := fits(r.Dates.last().Date(), dateOf(maxYear, time.December, 31))
	if !r.Until.IsZero() {
		last = min(last, fits(r.Dates.first().Date(), r.Until))
	}
	if r.Count > 0 {
		last = min(last, r.Count-1)
	}
	return last
}
