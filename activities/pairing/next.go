package pairing

import (
	"maps"
	"slices"
	"time"
)

// NextChange is the first instant after now at which some two of the candidates who may not meet now may do so by time
// alone, because a repeat window ends or somebody has waited for another rule to be relaxed; zero if there is none. It may
// name an instant too many, at which nothing changes, but misses none: until then, [Pair] has nothing new to say about the
// candidates it left. It takes time linear in the candidates and what is known of them.
func (r *Rules) NextChange(now time.Time, candidates []Candidate, k *Known) time.Time {
	j := newJudge(now, r, k)
	var next time.Time
	sooner := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if len(candidates) < 2 {
		return next
	}
	index := make(map[int64]Candidate, len(candidates))
	for _, c := range candidates {
		index[c.Person] = c
		if step := j.level(c) + 1; step <= j.loose {
			sooner(c.Since.Add(time.Duration(step) * r.guarantee()))
		}
	}
	for _, a := range candidates {
		for _, t := range j.known.of[a.Person] {
			at, ever := j.again(t)
			if t.a != a.Person || !t.had || !ever || !at.After(now) || !next.IsZero() && !at.Before(next) {
				continue
			}
			b, here := index[t.b]
			if !here {
				continue
			}
			// Where another rule stands between them, only a step of one's wait can help, and that is an instant of its own.
			if broken, ok := j.allowed(a, b); !ok && j.only(RepeatRule, broken, max(j.level(a), j.level(b))) {
				sooner(at)
			}
		}
	}
	return next
}

// only says whether a rule is all that forbids, at a level, among those broken.
func (j *judge) only(rule string, broken []string, level int) bool {
	return !slices.ContainsFunc(broken, func(name string) bool {
		return name != rule && (name == BlocksRule || j.place(name) >= level)
	})
}

// Impossible is the ticket types, ascending, of which nobody can meet anybody when so many of each come. Where waiting
// relaxes the rule about types, they all can as soon as there are two people.
func Impossible(r Rules, counts map[int64]int) []int64 {
	j := newJudge(time.Time{}, &r, nil)
	free := len(r.Types) == 0 || j.place(TicketTypesRule) < j.loose
	var none []int64
	for _, t := range slices.Sorted(maps.Keys(counts)) {
		if counts[t] <= 0 {
			continue
		}
		others := 0 // whom one of them may meet
		for u, n := range counts {
			if n > 0 && (free || j.types[[2]int64{t, u}]) {
				others += n
				if t == u {
					others--
				}
			}
		}
		if others == 0 {
			none = append(none, t)
		}
	}
	return none
}
