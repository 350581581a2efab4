package store

import (
	"context"
	"fmt"
	"slices"

	"rondo/activities/fault"
)

// Limits of a mailbox.
const (
	MaxPerHour = 1000
	MaxPerDay  = 10_000
	MaxGapS    = 3600
)

// clean checks everything that needs no database.
func (s Sender) clean() (Sender, error) {
	var err error
	if s.Address, err = Address("body.address", s.Address); err != nil {
		return s, err
	}
	if s.Name, err = personName("body.name", s.Name); err != nil {
		return s, err
	}
	if s.Timezone, err = timezoneName("body.timezone", s.Timezone); err != nil {
		return s, err
	}
	if s.Timezone == "" {
		return s, fault.BadField("timezone_unknown", "body.timezone", "a mailbox has a time zone: use an IANA name such as Europe/Paris")
	}
	if s.Days, err = sendingDays(s.Days); err != nil {
		return s, err
	}
	if err := checkHours("body", s.FromHour, s.ToHour); err != nil {
		return s, err
	}
	for _, f := range []struct {
		name      string
		n, lo, hi int
	}{
		{"per_hour", s.PerHour, 1, MaxPerHour},
		{"per_day", s.PerDay, 1, MaxPerDay},
		{"min_gap_seconds", s.MinGapS, 0, MaxGapS},
		{"per_domain", s.PerDomain, 0, MaxPerDay},
		{"per_company", s.PerCompany, 0, MaxPerDay},
	} {
		if err := inRange("body."+f.name, f.n, f.lo, f.hi); err != nil {
			return s, err
		}
	}
	return s, s.checkRamp()
}

// sendingDays sorts a copy.
func sendingDays(days []int32) ([]int32, error) {
	if len(days) == 0 {
		return nil, fault.BadField("days_missing", "body.days", "name at least one day of the week, 0 for Sunday to 6 for Saturday")
	}
	for i, d := range days {
		at := fmt.Sprintf("body.days[%d]", i)
		if d < 0 || d > 6 {
			return nil, fault.BadField("day_unknown", at, "days are 0 for Sunday to 6 for Saturday")
		}
		if slices.Contains(days[:i], d) {
			return nil, fault.BadField("day_repeated", at, "this day is named twice")
		}
	}
	return slices.Sorted(slices.Values(days)), nil
}

func (s Sender) checkRamp() error {
	if s.RampSince == nil {
		if s.RampFirst != 0 || s.RampStep != 0 {
			return fault.BadField("ramp_incomplete", "body.ramp.since", "a ramp needs the day it begins")
		}
		return nil
	}
	for _, f := range []struct {
		name string
		n    int
	}{{"first", s.RampFirst}, {"step", s.RampStep}} {
		if f.n == 0 {
			return fault.BadField("ramp_incomplete", "body.ramp."+f.name, "a ramp needs how many mails go out on its first day, and how many more on each sending day after it")
		}
		if err := inRange("body.ramp."+f.name, f.n, 1, MaxPerDay); err != nil {
			return err
		}
	}
	return nil
}

// holdHolidayList locks the list of a sender, before the sender: whoever edits it locks it before its senders.
func holdHolidayList(ctx context.Context, q querier, id *int64) error {
	if id == nil {
		return nil
	}
	found, err := idsOf(ctx, q, "holiday list", `SELECT id FROM holiday_lists WHERE id = $1 FOR KEY SHARE`, *id)
	if err == nil && len(found) == 0 {
		err = fault.BadField("holiday_list_unknown", "body.holiday_list_id", "there is no such holiday list")
	}
	return err
}

// checkHours wants whole hours of a day from which the second is after the first; "at" is what they belong to.
func checkHours(at string, from, to int) error {
	if err := inRange(at+".from_hour", from, 0, 23); err != nil {
		return err
	}
	if err := inRange(at+".to_hour", to, 1, 24); err != nil {
		return err
	}
	if from >= to {
		return fault.BadField("hours_empty", at+".to_hour", "to_hour has to be after from_hour")
	}
	return nil
}

func inRange(location string, n, lo, hi int) error {
	if n < lo || n > hi {
		return fault.BadField("out_of_range", location, "this is %d: it has to be %d to %d", n, lo, hi)
	}
	return nil
}
