package pairing

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Violation is something that must never happen in a lobby.
type Violation struct {
	Meeting int    // its number
	What    string // in words
}

// checker reads the log of a session and trusts nobody else: what people have behind them it remembers by itself.
type checker struct {
	*Scenario
	guests map[int64]Attendee
	memory *Known // what was known before, and who has parted since
	last   map[pair]parting
	busy   map[int64]time.Duration // until when, by person
	found  []Violation
}

// parting is the end of what two people had together.
type parting struct {
	pair
	at  time.Duration
	met bool
}

// violations judges every meeting of a log by what the session was like when its people were chosen.
func violations(s *Scenario, guests map[int64]Attendee, calls []call) []Violation {
	c := &checker{Scenario: s, guests: guests, memory: s.Known.clone(), last: map[pair]parting{}, busy: map[int64]time.Duration{}}
	var past []parting
	for _, m := range calls {
		past = append(past, m.partings()...)
	}
	slices.SortFunc(past, func(x, y parting) int {
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	calls = slices.SortedFunc(slices.Values(calls), func(x, y call) int { return cmp.Or(cmp.Compare(x.proposed, y.proposed), x.no-y.no) })
	for _, m := range calls {
		for ; len(past) > 0 && past[0].at <= m.proposed; past = past[1:] {
			c.remember(past[0])
		}
		c.meeting(m)
	}
	return c.found
}

// partings are those of each two of a meeting: when the first of them left.
func (m *call) partings() []parting {
	var all []parting
	for i, x := range m.seats {
		for _, y := range m.seats[:i] {
			at := x.left
			if at < 0 || y.left >= 0 && y.left < at {
				at = y.left
			}
			if at >= 0 {
				all = append(all, parting{pairOf(x.person, y.person), at, m.started >= 0 && m.started < at})
			}
		}
	}
	return all
}

func (c *checker) remember(p parting) {
	c.memory.Meeting(p.a, p.b, c.Starts.Add(p.at), p.met)
	p.met = p.met || c.last[p.pair].met
	c.last[p.pair] = p
}

func (c *checker) wrong(m call, what string, args ...any) {
	c.found = append(c.found, Violation{m.no, fmt.Sprintf(what, args...)})
}

func (c *checker) meeting(m call) {
	switch n := len(m.seats); {
	case n < 2 || n > 3 || n == 3 && c.Rules.Odd != OddJoins:
		c.wrong(m, "%d people meet", n)
	}
	if m.made >= c.Duration {
		c.wrong(m, "a pair is made after the end")
	}
	for i, x := range m.seats {
		if m.made < c.busy[x.person] {
			c.wrong(m, "%d is in two meetings at once", x.person)
		}
		for _, y := range m.seats[:i] {
			c.two(m, x, y)
		}
	}
	for _, x := range m.seats {
		until := x.left
		if until < 0 {
			until = 1<<63 - 1
		}
		c.busy[x.person] = max(c.busy[x.person], until)
	}
}

// two judges whether two people may meet: by the rules, and again in plain words by what nobody may ever get wrong.
func (c *checker) two(m call, x, y seat) {
	broken, ok := c.Rules.Allowed(c.Starts.Add(m.proposed), c.candidate(m, x), c.candidate(m, y), c.memory)
	if !ok {
		c.wrong(m, "%d and %d may not meet: %v", x.person, y.person, broken)
	}
	for _, rule := range broken {
		if ok && !slices.Contains(m.relaxed, rule) {
			c.wrong(m, "%s is not held, and nobody is told", rule)
		}
	}
	if c.memory.Blocked(x.person, y.person) {
		c.wrong(m, "%d and %d meet over a block", x.person, y.person)
	}
	before, had := c.last[pairOf(x.person, y.person)]
	if !had || slices.Contains(m.relaxed, RepeatRule) {
		return
	}
	window := time.Duration(cmp.Or(c.Rules.Repeat.Seconds, DefaultWindow)) * time.Second
	switch c.Rules.Repeat.Kind {
	case RepeatNever, RepeatAcross:
		if before.met {
			c.wrong(m, "%d and %d meet twice", x.person, y.person)
		}
	case RepeatWindow, "":
		if m.proposed-before.at < window {
			c.wrong(m, "%d and %d meet again after %s", x.person, y.person, m.proposed-before.at)
		}
	}
}

func (c *checker) candidate(m call, x seat) Candidate {
	g := c.guests[x.person]
	return Candidate{Person: x.person, Type: g.Type, Attributes: g.Attributes, Since: c.Starts.Add(m.made - x.waited)}
}
