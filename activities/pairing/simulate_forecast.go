package pairing

import (
	"maps"
	"slices"
	"time"
)

// Forecast is what became of a simulated session.
type Forecast struct {
	People     int         // who came
	Meetings   int         // made
	Met        int         // of them, those in which all had media
	Extended   int         // of those
	Relaxed    int         // meetings for which a rule did not hold, because somebody had waited so long
	PerMeeting float64     // people: 2, or more where the odd one joins
	Wait       Waits       // of all
	Types      []OfType    // ascending
	Each       Spread      // meetings of an attendee in which they met somebody
	Repeats    int         // times that two people had a meeting who had had one before in this session
	Violations []Violation // none, unless the lobby has a fault
	Waiting    float64     // share of the time that people were there in which they waited: 0..1
	Unmet      []int64     // who met nobody, ascending
	Impossible []int64     // ticket types of which nobody can meet anybody: see [Impossible]
}

// OfType is the forecast for the people of a ticket type.
type OfType struct {
	Type    int64
	People  int
	Wait    Waits
	Each    Spread
	Unmet   int
	Waiting float64
}

// Waits are those from readiness to a meeting, as [Member.Waited]. One that the end of the session, or of somebody's patience,
// cuts short counts for as long as it lasted: who waits in vain waits longest of all.
type Waits struct {
	Count, Vain        int // Vain: of them, those cut short
	P50, P95, P99, Max time.Duration
}

// Spread is of a number that everybody has.
type Spread struct{ Min, Median, Max int }

// tally collects what is told of some people.
type tally struct {
	waits            []time.Duration
	vain             int
	met              []int
	unmet            []int64
	waiting, present time.Duration
}

func (p *play) forecast() Forecast {
	calls := slices.DeleteFunc(p.calls, func(m call) bool { return m.no == 0 })
	f := Forecast{People: len(p.actors), Meetings: len(calls)}
	guests, counts := make(map[int64]Attendee, len(p.actors)), map[int64]int{}
	all, types := &tally{}, map[int64]*tally{}
	for _, id := range slices.Sorted(maps.Keys(p.actors)) {
		a := p.actors[id]
		guests[id] = a.guest
		if counts[a.guest.Type]++; types[a.guest.Type] == nil {
			types[a.guest.Type] = &tally{}
		}
		all.add(a)
		types[a.guest.Type].add(a)
	}
	f.Wait, f.Each, f.Unmet, f.Waiting = all.wait(), all.each(), all.unmet, all.share()
	for _, t := range slices.Sorted(maps.Keys(types)) {
		o := types[t]
		f.Types = append(f.Types, OfType{Type: t, People: counts[t], Wait: o.wait(), Each: o.each(), Unmet: len(o.unmet), Waiting: o.share()})
	}
	f.count(calls)
	f.Impossible = Impossible(p.Rules, counts)
	f.Violations = violations(&p.Scenario, guests, calls)
	return f
}

// count adds up meetings.
func (f *Forecast) count(calls []call) {
	seats, together := 0, make(map[pair]bool, len(calls))
	for _, m := range calls {
		seats += len(m.seats)
		if m.started >= 0 {
			f.Met++
		}
		if m.extended {
			f.Extended++
		}
		if len(m.relaxed) > 0 {
			f.Relaxed++
		}
		for i, x := range m.seats {
			for _, y := range m.seats[:i] {
				p := pairOf(x.person, y.person)
				if together[p] {
					f.Repeats++
				}
				together[p] = true
			}
		}
	}
	if len(calls) > 0 {
		f.PerMeeting = float64(seats) / float64(len(calls))
	}
}

func (o *tally) add(a *actor) {
	o.waits, o.vain, o.met = append(o.waits, a.waits...), o.vain+a.vain, append(o.met, a.met)
	o.waiting, o.present = o.waiting+a.waiting, o.present+a.gone-a.came
	if a.met == 0 {
		o.unmet = append(o.unmet, a.person)
	}
}

// wait sorts the waits.
func (o *tally) wait() Waits {
	slices.Sort(o.waits)
	return Waits{
		Count: len(o.waits), Vain: o.vain, P50: quantile(o.waits, 50), P95: quantile(o.waits, 95), P99: quantile(o.waits, 99), Max: quantile(o.waits, 100),
	}
}

func (o *tally) each() Spread {
	slices.Sort(o.met)
	return Spread{quantile(o.met, 0), quantile(o.met, 50), quantile(o.met, 100)}
}

func (o *tally) share() float64 {
	if o.present <= 0 {
		return 0
	}
	return min(float64(o.waiting)/float64(o.present), 1)
}

// quantile is the smallest of sorted values that so many percent do not exceed; zero of none.
func quantile[T any](sorted []T, percent int) (q T) {
	if len(sorted) == 0 {
		return q
	}
	return sorted[max((len(sorted)*percent+99)/100-1, 0)]
}
