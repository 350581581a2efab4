package quota

import (
	"slices"
	"strings"
	"time"

	"rondo/activities/calendar"
)

// Violation is a rule of a sender that its mails break.
type Violation struct {
	Reason Reason    // slot, holiday, hour, day, gap, domain or company
	At     time.Time // the mail that breaks it: the last of a window, hour or day, the later of two too near
	Found  int       // mails in the window, hour or day
	Most   int       // how many it may have
}

// Check returns every violation among the mails of one sender: a mail outside its slots, a clock hour, a window of 24 h that
// ends with a mail, a domain's or a company's day with too many, two mails too near. (A quota never falls from day to day, so
// a window that ends with no mail cannot be worse than the one that ends with the mail before.) It shares no code with Plan
// or Sender's methods. It takes time in the order of n log n.
func Check(s Sender, mails []Taken) []Violation {
	sorted := slices.Clone(mails)
	slices.SortStableFunc(sorted, func(a, b Taken) int { return a.At.Compare(b.At) })
	c := checker{Sender: s, most: map[string]int{}, counts: map[string]*Violation{}}
	for i, m := range sorted {
		local := m.At.In(s.Zone)
		day := local.Format(time.DateOnly)
		c.slot(local, day)
		c.add(ReasonHour, local.Format("2006-01-02T15"), m.At, s.PerHour)
		if m.Domain != "" && s.PerDomain > 0 {
			c.add(ReasonDomain, day+" domain "+m.Domain, m.At, s.PerDomain)
		}
		if m.Company != "" && s.PerCompany > 0 {
			c.add(ReasonCompany, day+" company "+m.Company, m.At, s.PerCompany)
		}
		if i > 0 && m.At.Sub(sorted[i-1].At) < s.MinGap {
			c.found = append(c.found, Violation{ReasonGap, m.At, 2, 1})
		}
		if i+1 < len(sorted) && sorted[i+1].At.Equal(m.At) {
			continue // the window ends with the last of those at this instant
		}
		for !sorted[c.oldest].At.After(m.At.Add(-24 * time.Hour)) {
			c.oldest++
		}
		if n, most := i+1-c.oldest, c.quota(day); n > most {
			c.found = append(c.found, Violation{ReasonDay, m.At, n, most})
		}
	}
	for _, n := range c.counts {
		if n.Found > n.Most {
			c.found = append(c.found, *n)
		}
	}
	slices.SortFunc(c.found, func(a, b Violation) int {
		if order := a.At.Compare(b.At); order != 0 {
			return order
		}
		return strings.Compare(string(a.Reason), string(b.Reason))
	})
	return c.found
}

type checker struct {
	Sender
	counts map[string]*Violation // of an hour, a domain's day, a company's day
	most   map[string]int        // quota by day
	oldest int                   // the first mail in the window
	found  []Violation
}

func (c *checker) add(r Reason, key string, at time.Time, most int) {
	n := c.counts[key]
	if n == nil {
		n = &Violation{Reason: r, Most: most}
		c.counts[key] = n
	}
	n.Found++
	n.At = at
}

func (c *checker) slot(local time.Time, day string) {
	year, month, date := local.Date()
	naive := time.Date(year, month, date, local.Hour(), 0, 0, 0, time.UTC)
	open := local.Hour() >= c.From && local.Hour() < c.To && c.weekday(naive)
	// Of all spans of one offset that may show the full hour, the first that does has the slot.
	for look := local.Add(-26 * time.Hour); open; {
		from, to := look.ZoneBounds()
		_, offset := look.Zone()
		begin := naive.Add(-time.Duration(offset) * time.Second)
		if (from.IsZero() || !begin.Before(from)) && (to.IsZero() || begin.Before(to)) {
			open = local.Sub(begin) < time.Hour && !local.Before(begin)
			break
		}
		if to.IsZero() || to.After(local) {
			open = false
			break
		}
		look = to
	}
	switch {
	case !open:
		c.found = append(c.found, Violation{ReasonSlot, local, 1, 0})
	case c.holiday(day):
		c.found = append(c.found, Violation{ReasonHoliday, local, 1, 0})
	}
}

func (c *checker) weekday(t time.Time) bool {
	if len(c.Days) == 0 {
		return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
	}
	return slices.Contains(c.Days, t.Weekday())
}

func (c *checker) holiday(day string) bool {
	d, err := calendar.ParseDate(day)
	return err == nil && c.Holidays[d]
}

// quota counts the ramp day by day.
func (c *checker) quota(day string) int {
	if c.Ramp == (Ramp{}) {
		return c.PerDay
	}
	if most, ok := c.most[day]; ok {
		return most
	}
	most := c.Ramp.First
	for d := c.Ramp.Since; d.String() < day && most < c.PerDay; d = d.AddDays(1) {
		if t, err := time.Parse(time.DateOnly, d.String()); err == nil && c.weekday(t) && !c.Holidays[d] {
			most += c.Ramp.Step
		}
	}
	c.most[day] = min(most, c.PerDay)
	return c.most[day]
}
