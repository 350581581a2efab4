package quota

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What a plan has reserved stays where it is while nothing changes.
func TestNothingIsDisplacedWithoutAChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		var reserved []Reserved
		for range 20 {
			a := w.ask()
			if at, ok := w.plan.Reserve(a); ok {
				reserved = append(reserved, Reserved{Taken{at, a.Domain, a.Company}, a.From, a.To, a.Contact})
			}
		}
		w.taken = nil // they may break rules themselves
		require.Empty(t, w.s.Displaced(w.taken, reserved, 0))
	})
}

// Whatever changes: what stays breaks no rule, and each mail that has to move would.
func TestWhatIsNotDisplacedKeepsTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		var reserved []Reserved
		for range rapid.IntRange(1, 25).Draw(t, "mails") {
			a := w.ask()
			if at, ok := w.plan.Reserve(a); ok {
				reserved = append(reserved, Reserved{Taken{at, a.Domain, a.Company}, a.From, a.To, a.Contact})
			}
		}
		next := senders.Draw(t, "next")
		next.Holidays, next.Ramp = w.s.Holidays, w.s.Ramp
		moves := map[int]bool{}
		for _, i := range next.Displaced(nil, reserved, 0) {
			moves[i] = true
		}
		var stays []Taken
		for i, r := range reserved {
			if !moves[i] {
				stays = append(stays, r.Taken)
				require.True(t, r.Contact.Open(r.At))
			}
		}
		require.Empty(t, Check(next, stays))
		for i := range moves {
			r := reserved[i]
			local := r.At.In(next.Zone).Hour()
			if r.Contact.Open(r.At) && (r.To == 0 || local >= r.From && local < r.To) {
				require.NotEmpty(t, Check(next, append(stays[:len(stays):len(stays)], r.Taken)), "%v could have stayed", r)
			}
		}
	})
}

func TestDisplacedCountsWhatWent(t *testing.T) {
	s := office()
	s.PerHour, s.PerDay = 2, 3
	at := func(clock string) Taken { return Taken{At: in(paris, "2026-06-"+clock)} }
	reserved := []Reserved{{Taken: at("02T10:10")}, {Taken: at("01T11:20")}, {Taken: at("01T11:40")}, {Taken: at("02T09:30")}}
	require.Empty(t, s.Displaced(nil, reserved[:3], 0))
	require.Equal(t, []int{2}, s.Displaced([]Taken{at("01T11:02")}, reserved[:3], 0), "the third of the hour")
	require.Equal(t, []int{3}, s.Displaced([]Taken{at("01T10:10")}, reserved, 0), "the fourth of 24 hours; not that of 10:10, a day later")
	late := []Taken{at("01T10:12")} // planned for 10:10
	require.Equal(t, []int{0}, s.Displaced(late, reserved[:3], 0))
	require.Empty(t, s.Displaced(late, reserved[:3], 5*time.Minute))
}
