package calendar

import (
	"time"

	"pgregory.net/rapid"
)

var (
	zoneNames = rapid.SampledFrom(append(append([]string{}, sevenZones...), oddZones...))

	// walls lie between 2005 and 2040, often at an hour in which clocks change.
	walls = rapid.Custom(func(t *rapid.T) Wall {
		d := dateOf(2005, 1, 1).AddDays(rapid.IntRange(0, 35*365).Draw(t, "day"))
		second := rapid.OneOf(
			rapid.Int64Range(0, secondsPerDay-1),
			rapid.SampledFrom([]int64{0, 1800, 3600, 5400, 7200, 8100, 9000, 10800, 82800, 84600}),
		).Draw(t, "second")
		return Wall{seconds: d.days*secondsPerDay + second}
	})

	// shapes are Dates of the three valid kinds.
	shapes = rapid.Custom(func(t *rapid.T) Dates {
		from := walls.Draw(t, "from")
		switch rapid.SampledFrom([]string{"ask", "automatic", "review"}).Draw(t, "shape") {
		case "review":
			return Dates{Review: from}
		case "automatic":
			return Dates{Match: from}
		}
		// More than a day apart, which no clock change turns round.
		match := from.AddDays(rapid.IntRange(2, 40).Draw(t, "days"))
		match.seconds += rapid.Int64Range(-8, 8).Draw(t, "quarters") * 900
		return Dates{OptIn: from, Match: match}
	})

	recurrences = rapid.Custom(func(t *rapid.T) Recurrence {
		r := Recurrence{
			Dates:      shapes.Draw(t, "dates"),
			Zone:       zoneNames.Draw(t, "zone"),
			EveryWeeks: rapid.IntRange(0, maxEveryWeeks).Draw(t, "every"),
		}
		if r.EveryWeeks == 0 {
			return r
		}
		switch rapid.SampledFrom([]string{"open", "count", "until"}).Draw(t, "end") {
		case "count":
			r.Count = rapid.IntRange(1, 60).Draw(t, "count")
		case "until":
			r.Until = r.Dates.first().Date().AddDays(rapid.IntRange(0, 500).Draw(t, "until"))
		}
		return r
	})

	// overrides touch some of the first 30 occurrences of a recurrence.
	overridesOf = func(r Recurrence) *rapid.Generator[Overrides] {
		return rapid.Custom(func(t *rapid.T) Overrides {
			o := Overrides{}
			for range rapid.IntRange(0, 6).Draw(t, "overrides") {
				ordinal := rapid.IntRange(0, 30).Draw(t, "ordinal")
				shift := rapid.IntRange(-200, 200)
				var to Dates
				rule := r.dates(ordinal)
				if !rule.Review.IsZero() && rapid.Bool().Draw(t, "move review") {
					to.Review = rule.Review.AddDays(shift.Draw(t, "review by"))
				}
				if !rule.OptIn.IsZero() && rapid.Bool().Draw(t, "move opt-in") {
					to.OptIn = rule.OptIn.AddDays(shift.Draw(t, "opt-in by"))
				}
				if rapid.Bool().Draw(t, "move match") {
					to.Match = rule.last().AddDays(shift.Draw(t, "match by"))
				}
				o[ordinal] = Override{
					Action: rapid.SampledFrom([]Action{ActionMove, ActionMove, ActionSkip, ActionCancel}).Draw(t, "action"),
					To:     to,
				}
			}
			return o
		})
	}

	// holidaysOf lists single days and long blocks from the first year of a recurrence.
	holidaysOf = func(r Recurrence) *rapid.Generator[Holidays] {
		return rapid.Custom(func(t *rapid.T) Holidays {
			h := Holidays{
				Days:   map[Date]string{},
				Policy: rapid.SampledFrom([]HolidayPolicy{HolidaySkip, HolidayNextWorkingDay}).Draw(t, "policy"),
			}
			if rapid.Bool().Draw(t, "own workdays") {
				h.Workdays = []time.Weekday{time.Sunday, time.Wednesday}
			}
			for range rapid.IntRange(0, 8).Draw(t, "blocks") {
				d := r.Dates.first().Date().AddDays(rapid.IntRange(0, 60).Draw(t, "start") * 7)
				for i := range rapid.SampledFrom([]int{1, 1, 2, 60}).Draw(t, "length") {
					h.Days[d.AddDays(i)] = "holiday"
				}
			}
			return h
		})
	}
)
