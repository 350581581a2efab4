package quota

import "time"

// Taken is a mail that already has its instant: reserved ahead or claimed already.
type Taken struct {
	At              time.Time
	Domain, Company string // "": counts against no cap
}

// Ask is one mail that needs an instant.
type Ask struct {
	Sender          int64
	NotBefore       time.Time // may lie inside a slot; its rest is then used. For whole slots give Sender.NextSlot
	From, To        int       // hours of the step on the sender's wall clock, From <= hour < To; both 0: any
	Contact         *Hours    // the contact's own hours, which only restrict further; nil: none
	Domain, Company string    // of the contact, compared as they are; "": counts against no cap
	Soon            bool      // the first position of the slot rather than one that spreads it
	Batch           *Batch    // counts against the limits of a batch; nil: of none
}

// Hours are when a contact takes mail.
type Hours struct {
	Zone     *time.Location // nil: UTC
	From, To int            // wall-clock hours, From <= hour < To; both 0: any
	Days     []time.Weekday // empty: all
}

// Open reports whether a contact takes mail at an instant; nil hours are always open.
func (h *Hours) Open(at time.Time) bool { return h == nil || h.open(h.hourOf(nano(at))) }

func within(hour int64, from, to int) bool {
	return from == 0 && to == 0 || hour >= int64(from) && hour < int64(to)
}

// open tells whether a clock hour of the contact's zone is one of these.
func (h *Hours) open(clockHour int64) bool {
	day := floor(clockHour, 24)
	if len(h.Days) > 0 && maskOf(h.Days)>>weekday(day)&1 == 0 {
		return false
	}
	return within(clockHour-24*day, h.From, h.To)
}

func (h *Hours) hourOf(at int64) int64 { return hourOf(time.Unix(0, at), zoneOr(h.Zone)) }

func zoneOr(zone *time.Location) *time.Location {
	if zone == nil {
		return time.UTC
	}
	return zone
}

// Batch limits how many contacts are begun in a clock hour and on a calendar day of its zone, all senders together. It
// keeps the counts; several plans may use it one after another.
type Batch struct {
	zone            *time.Location
	perHour, perDay int
	hours, days     map[int64]int
	freed           int // how often a contact was taken out: what was full may be no longer
}

// NewBatch makes a batch with no contacts. A limit of 0 or less is none; no zone is UTC.
func NewBatch(zone *time.Location, perHour, perDay int) *Batch {
	return &Batch{zone: zoneOr(zone), perHour: perHour, perDay: perDay, hours: map[int64]int{}, days: map[int64]int{}}
}

// Add counts a contact that has been begun, or will be, without this plan.
func (b *Batch) Add(at time.Time) { b.count(nano(at), 1) }

func (b *Batch) count(at int64, n int) {
	h := b.hourOf(at)
	b.hours[h] += n
	b.days[floor(h, 24)] += n
}

func (b *Batch) hourOf(at int64) int64 { return hourOf(time.Unix(0, at), b.zone) }

// full tells whether nobody may be begun in a clock hour of the batch's zone.
func (b *Batch) full(clockHour int64) bool {
	return b.perDay > 0 && b.days[floor(clockHour, 24)] >= b.perDay || b.perHour > 0 && b.hours[clockHour] >= b.perHour
}

// Reason is the code of what keeps a mail from an instant.
type Reason string

// The reasons, in the order in which they are looked at; ReasonHorizon comes first where it applies.
const (
	ReasonSlot    Reason = "slot"    // outside the hours of the sender or the step, or nothing is left of the slot
	ReasonHoliday Reason = "holiday" // a slot, were it no holiday of the sender
	ReasonContact Reason = "contact" // outside the contact's hours
	ReasonBatch   Reason = "batch"   // the batch begins no more contacts in this hour or on this day
	ReasonHour    Reason = "hour"    // the clock hour is full
	ReasonDomain  Reason = "domain"  // the day has no more mails for this domain
	ReasonCompany Reason = "company" // the day has no more mails for this company
	ReasonDay     Reason = "day"     // a window of 24 h is full
	ReasonGap     Reason = "gap"     // too near to another mail
	ReasonHorizon Reason = "horizon" // not before the horizon
)

// ranks orders the reasons that rule out single positions of a slot.
var ranks = map[Reason]int{
	ReasonSlot: 0, ReasonHorizon: 1, ReasonContact: 2, ReasonBatch: 3, ReasonHour: 4, ReasonDomain: 5, ReasonCompany: 6,
	ReasonDay: 7, ReasonGap: 8,
}
