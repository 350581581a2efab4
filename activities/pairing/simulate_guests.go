package pairing

import (
	"maps"
	mathbits "math/bits"
	"slices"
	"strconv"
	"time"
)

// everybody is the guests of a scenario and then, by ticket type, the people there are besides, numbered onwards.
func (s *Scenario) everybody() []Attendee {
	guests, last := slices.Clone(s.Guests), int64(0)
	models := map[int64][]Attendee{}
	for i, g := range guests {
		guests[i].Attributes = copied(g.Attributes)
		models[g.Type] = append(models[g.Type], g)
		last = max(last, g.Person)
	}
	dice := newRandom(mix(s.Seed ^ salt))
	for _, t := range slices.Sorted(maps.Keys(s.People)) {
		like := models[t]
		if len(like) == 0 {
			like = s.Guests
		}
		for range s.People[t] {
			last++
			g := Attendee{Person: last, Type: t, Attributes: map[string]string{}}
			if len(like) > 0 {
				g.Attributes = copied(like[dice.below(len(like))].Attributes)
			}
			guests = append(guests, g)
		}
	}
	for i, name := range slices.Sorted(maps.Keys(s.Values)) {
		order, dice := make([]int, len(guests)), newRandom(mix(s.Seed)+uint64(i))
		for j := range order {
			order[j] = j
		}
		for j := len(order) - 1; j > 0; j-- {
			k := dice.below(j + 1)
			order[j], order[k] = order[k], order[j]
		}
		for j, at := range order {
			guests[at].Attributes[name] = strconv.Itoa(j%s.Values[name] + 1)
		}
	}
	return guests
}

// copied is never nil.
func copied(attributes map[string]string) map[string]string {
	c := make(map[string]string, len(attributes))
	maps.Copy(c, attributes)
	return c
}

// whim is the chance in what somebody does. One person's draws do not depend on what others do, so that a small change of a
// scenario changes little else.
type whim struct {
	seed   uint64
	person int64
	drawn  int64
}

func (w *whim) next() uint64 {
	w.drawn++
	return draw(w.seed, w.person, w.drawn)
}

// happens is true with a probability.
func (w *whim) happens(p float64) bool { return float64(w.next()>>11)/(1<<53) < p }

// within is an instant in [0, d).
func (w *whim) within(d time.Duration) time.Duration {
	hi, _ := mathbits.Mul64(w.next(), uint64(d))
	return time.Duration(hi)
}

// exponential has a mean. It compares uniform numbers only (von Neumann: Various techniques used in connection with random
// digits, 1951), so that no machine's logarithm makes a difference.
func (w *whim) exponential(mean time.Duration) time.Duration {
	for whole := time.Duration(0); ; whole += mean {
		first := w.next()
		run := 1
		for last := first; ; run++ {
			u := w.next()
			if u >= last {
				break
			}
			last = u
		}
		if run%2 == 1 {
			hi, _ := mathbits.Mul64(first, uint64(mean))
			return whole + time.Duration(hi)
		}
	}
}

// clone knows the same, and learns by itself.
func (k *Known) clone() *Known {
	c := NewKnown()
	for p, t := range k.ties {
		*c.between(p.a, p.b) = *t
	}
	return c
}
