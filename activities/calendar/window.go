package calendar

import (
	"cmp"
	"slices"
	"time"
)

// Occurrences returns the occurrences, whatever their status, whose span from
// First to Last touches the window from <= t < to: those running at from are in.
// They come in the order of their earliest instant, then of their ordinal; a
// limit above 0 keeps that many. The cost grows with the occurrences in the
// window and the number of overrides, not with the distance from the anchor.
func (s *Schedule) Occurrences(from, to time.Time, limit int) []Occurrence {
	var found []Occurrence
	add := func(ordinal int) {
		o, ok := s.At(ordinal)
		if ok && o.First().Before(to) && !o.Last().Before(from) {
			found = append(found, o)
		}
	}
	for ordinal := range s.overrides {
		add(ordinal)
	}
	var horizon time.Time // nothing that begins later can be among the first limit
	for ordinal := s.firstNear(from); ordinal <= s.last; ordinal++ {
		// Holidays only move forward, so an occurrence never begins before this.
		begins := s.rec.dates(ordinal).first().In(s.loc)
		if !begins.Before(to) || (!horizon.IsZero() && begins.After(horizon)) {
			break
		}
		if _, done := s.overrides[ordinal]; !done {
			add(ordinal)
		}
		if limit > 0 && horizon.IsZero() && len(found) >= limit {
			horizon = slices.MaxFunc(found, byFirst).First()
		}
	}
	slices.SortFunc(found, byFirst)
	if limit > 0 && len(found) > limit {
		found = found[:limit]
	}
	return found
}

func byFirst(a, b Occurrence) int {
	return cmp.Or(a.First().Compare(b.First()), cmp.Compare(a.Ordinal, b.Ordinal))
}

// firstNear returns an ordinal before which every occurrence without an override
// has ended by from. It may be one too early: rounding down to whole periods
// leaves a week for what a gap adds to an instant.
func (s *Schedule) firstNear(from time.Time) int {
	if s.rec.EveryWeeks == 0 {
		return 0
	}
	ended := s.rec.Dates.last().Date().AddDays(s.reach)
	days := WallOf(from, s.loc).Date().days - ended.days
	return int(max(days, 0)) / s.rec.period()
}
