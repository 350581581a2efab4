package pairing

import (
	"slices"
	"strings"
	"time"
)

// BlocksRule names, among the rules that a pair breaks, the one that nothing relaxes.
const BlocksRule = "blocks"

// Allowed says which rules two people break if they meet at a time, and whether they may: because they break none, or
// every one is relaxed for one of them, who has waited long enough. The rules that waiting relaxes come first, in their
// order. Nobody may meet themselves.
func (r *Rules) Allowed(now time.Time, a, b Candidate, k *Known) (broken []string, ok bool) {
	return newJudge(now, r, k).allowed(a, b)
}

// RelaxedAfter names the rules that do not hold any more for somebody who has waited so long, in the order in which they
// ceased to.
func (r *Rules) RelaxedAfter(wait time.Duration) []string {
	order := r.order()
	return order[:r.steps(wait, len(order))]
}

// order is the rules that waiting relaxes if there is a guarantee.
func (r *Rules) order() []string {
	if len(r.Relax) > 0 {
		return slices.Clone(r.Relax)
	}
	var order []string
	for _, a := range r.Attributes {
		if a.forbids() {
			order = append(order, AttributePrefix+a.Attribute)
		}
	}
	return order
}

// steps is how many of so many rules a wait relaxes.
func (r *Rules) steps(wait time.Duration, of int) int {
	if r.Guarantee <= 0 || wait < 0 {
		return 0
	}
	return int(min(wait/r.guarantee(), time.Duration(of)))
}

func (r *Rules) guarantee() time.Duration { return time.Duration(r.Guarantee) * time.Second }

func (a AttributeRule) forbids() bool { return a.Kind == NeverSame || a.Kind == OnlySame }

// breaks says whether a rule that forbids does, for two values of its attribute. Who lacks the attribute is not the same as
// anybody, so that NeverSame has nothing against them and OnlySame has.
func (a AttributeRule) breaks(v, w string) bool {
	same := v != "" && v == w
	return a.Kind == NeverSame && same || a.Kind == OnlySame && !same
}

// judge applies rules at a time.
type judge struct {
	*Rules
	known *Known
	now   time.Time
	names []string // of the rules that can forbid: what waiting relaxes first, in its order
	loose int      // how many of them waiting relaxes
	types map[[2]int64]bool
}

func newJudge(now time.Time, r *Rules, k *Known) *judge {
	if k == nil {
		k = NewKnown()
	}
	j := &judge{Rules: r, known: k, now: now, names: r.order(), types: make(map[[2]int64]bool, 2*len(r.Types))}
	if r.Guarantee > 0 {
		j.loose = len(j.names)
	}
	rest := []string{BlocksRule, TicketTypesRule, RepeatRule}
	for _, a := range r.Attributes {
		if a.forbids() {
			rest = append(rest, AttributePrefix+a.Attribute)
		}
	}
	for _, name := range rest {
		if !slices.Contains(j.names, name) {
			j.names = append(j.names, name)
		}
	}
	for _, t := range r.Types {
		j.types[t], j.types[[2]int64{t[1], t[0]}] = true, true
	}
	return j
}

// level is how many of the rules do not hold for somebody.
func (j *judge) level(c Candidate) int { return j.steps(j.now.Sub(c.Since), j.loose) }

// place is where a rule stands among the names: it does not hold for who has a level above that.
func (j *judge) place(name string) int { return slices.Index(j.names, name) }

func (j *judge) allowed(a, b Candidate) (broken []string, ok bool) {
	ok = a.Person != b.Person
	level := max(j.level(a), j.level(b))
	for i, name := range j.names {
		if j.breaks(name, a, b) {
			broken = append(broken, name)
			ok = ok && i < level && name != BlocksRule
		}
	}
	return broken, ok
}

func (j *judge) breaks(name string, a, b Candidate) bool {
	switch name {
	case BlocksRule:
		return j.known.Blocked(a.Person, b.Person)
	case TicketTypesRule:
		return len(j.Types) > 0 && !j.types[[2]int64{a.Type, b.Type}]
	case RepeatRule:
		t := j.known.ties[pairOf(a.Person, b.Person)]
		return t != nil && j.tooSoon(t)
	}
	attribute := strings.TrimPrefix(name, AttributePrefix)
	return slices.ContainsFunc(j.Attributes, func(r AttributeRule) bool {
		return r.Attribute == attribute && r.breaks(a.Attributes[attribute], b.Attributes[attribute])
	})
}

// tooSoon says whether the repeat rule forbids two people to meet now.
func (j *judge) tooSoon(t *tie) bool {
	at, ever := j.again(t)
	return t.had && (!ever || j.now.Before(at))
}

// again is when two people who had a meeting may have another, and whether they ever may.
func (r *Rules) again(t *tie) (at time.Time, ever bool) {
	switch r.Repeat.Kind {
	case RepeatAllow:
		return time.Time{}, true
	case RepeatNever, RepeatAcross:
		if t.met {
			return time.Time{}, false
		}
	}
	seconds := r.Repeat.Seconds
	if seconds == 0 {
		seconds = DefaultWindow
	}
	return t.end.Add(time.Duration(seconds) * time.Second), true
}
