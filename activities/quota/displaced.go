package quota

import (
	"slices"
	"time"
)

// Reserved is a mail that was given its instant.
type Reserved struct {
	Taken
	From, To int    // hours of the step, as in Ask
	Contact  *Hours // nil: any
}

// Displaced tells which reserved mails may not stay where they are, after the rules of their sender have changed: those outside
// its slots, or the step's, or the contact's hours, and those that are one too many after what went and what stays before them.
// It gives their indices, in the order of their instants. What stays, and what was taken, breaks no rule together.
//
// Mails that went count as taken; they may have gone up to slack later than they were planned, which displaces nothing of the
// next day, nor does their distance to what comes next.
func (s Sender) Displaced(taken []Taken, reserved []Reserved, slack time.Duration) []int {
	d := displacing{Sender: s, hours: map[int64]int{}, caps: map[capKey]int{}, quotas: map[int64]int{}}
	for _, t := range taken {
		d.count(t)
		d.gone = append(d.gone, nano(t.At)-int64(slack))
	}
	slices.Sort(d.gone)
	order := make([]int, len(reserved))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return reserved[a].At.Compare(reserved[b].At) })
	var displaced []int
	for _, i := range order {
		if r := reserved[i]; d.fits(r) {
			d.count(r.Taken)
			d.kept = append(d.kept, nano(r.At))
		} else {
			displaced = append(displaced, i)
		}
	}
	return displaced
}

// displacing is a sender with what went and what stays.
type displacing struct {
	Sender
	hours  map[int64]int  // mails by clock hour
	caps   map[capKey]int // by day and domain or company
	quotas map[int64]int  // of 24 hours, by the day on which they end
	gone   []int64        // instants of what went, ascending
	kept   []int64        // of what stays, ascending
	before [2]int         // how many of each lie before the window
}

func (d *displacing) count(t Taken) {
	h := hourOf(t.At, d.Zone)
	d.hours[h]++
	d.caps[capKey{floor(h, 24), false, t.Domain}]++
	d.caps[capKey{floor(h, 24), true, t.Company}]++
}

// fits tells whether a mail may stay that is later than all that stay so far.
func (d *displacing) fits(r Reserved) bool {
	at, h := nano(r.At), hourOf(r.At, d.Zone)
	day := floor(h, 24)
	switch {
	case !d.Open(r.At), !within(h-24*day, r.From, r.To), !r.Contact.Open(r.At), d.hours[h] >= d.PerHour:
		return false
	case r.Domain != "" && d.PerDomain > 0 && d.caps[capKey{day, false, r.Domain}] >= d.PerDomain:
		return false
	case r.Company != "" && d.PerCompany > 0 && d.caps[capKey{day, true, r.Company}] >= d.PerCompany:
		return false
	case len(d.kept) > 0 && at-d.kept[len(d.kept)-1] < int64(d.MinGap):
		return false
	}
	return d.window(at) < d.quota(day)
}

// window is how many mails the 24 hours that end at an instant have.
func (d *displacing) window(at int64) (n int) {
	for i, all := range [2][]int64{d.gone, d.kept} {
		for d.before[i] < len(all) && all[d.before[i]] <= at-window {
			d.before[i]++
		}
		n += len(all) - d.before[i]
	}
	return n
}

func (d *displacing) quota(day int64) int {
	most, known := d.quotas[day]
	if !known {
		most = d.DayQuota(dateOf(day))
		d.quotas[day] = most
	}
	return most
}
