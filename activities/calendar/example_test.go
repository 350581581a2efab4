package calendar_test

import (
	"fmt"
	"time"
	_ "time/tzdata"

	"rondo/activities/calendar"
)

// A weekly schedule in Paris that keeps clear of All Saints' Eve and tells where
// the clocks change.
func ExampleSchedule_Occurrences() {
	optIn, _ := calendar.ParseWall("2026-10-16T10:00")
	match, _ := calendar.ParseWall("2026-10-20T10:00")
	fridayOff, _ := calendar.ParseDate("2026-10-30")

	rule := calendar.Recurrence{
		Dates: calendar.Dates{OptIn: optIn, Match: match}, Zone: "Europe/Paris", EveryWeeks: 1, Count: 4,
	}
	if err := rule.Validate(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		fmt.Println(err)
		return
	}
	schedule, err := calendar.NewSchedule(rule,
		calendar.Overrides{3: {Action: calendar.ActionCancel}},
		calendar.Holidays{
			Days:   map[calendar.Date]string{fridayOff: "All Saints' Eve"},
			Policy: calendar.HolidayNextWorkingDay,
		})
	if err != nil {
		fmt.Println(err)
		return
	}
	const layout = "Mon 02 Jan 15:04 MST"
	from := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	for _, o := range schedule.Occurrences(from, from.AddDate(0, 2, 0), 0) {
		fmt.Println(o.OptIn.At.Format(layout), "->", o.Match.At.Format(layout), o.Status, o.Holiday, o.ClockChange)
	}
	// Output:
	// Fri 16 Oct 10:00 CEST -> Tue 20 Oct 10:00 CEST planned  false
	// Fri 23 Oct 10:00 CEST -> Tue 27 Oct 10:00 CET planned  true
	// Mon 02 Nov 10:00 CET -> Tue 03 Nov 10:00 CET moved All Saints' Eve false
	// Fri 06 Nov 10:00 CET -> Tue 10 Nov 10:00 CET cancelled  false
}
