package pairing

import (
	"slices"
	"time"
)

// Proposal is a meeting that is to be made once its room exists. Its people are reserved until Made or Failed.
type Proposal struct {
	No      int
	People  []int64
	Relaxed []string
	Forced  bool
}

// Propose pairs who is ready and reserves them. It costs next to nothing while neither the pool nor the time can have made
// a difference since the last call.
func (l *Lobby) Propose(now time.Time) []Proposal {
	if !l.settings.Pairs || !now.Before(l.settings.EndsAt) || !l.pool && (l.again.IsZero() || now.Before(l.again)) {
		return nil
	}
	l.pool = false
	out := l.proposeForced(now)
	var candidates []Candidate
	for _, a := range l.waiting {
		if !a.reserved {
			candidates = append(candidates, Candidate{Person: a.Person, Type: a.Type, Attributes: a.Attributes, Since: a.ReadyAt})
		}
	}
	l.again = time.Time{}
	if len(candidates) < 2 {
		return out
	}
	slices.SortFunc(candidates, func(a, b Candidate) int { return int(a.Person - b.Person) })
	for _, m := range Pair(now, candidates, &l.settings.Rules, l.known, l.seed+uint64(l.last)) {
		out = append(out, l.propose(m.People, m.Relaxed, false))
	}
	waiting := slices.DeleteFunc(candidates, func(c Candidate) bool { return l.people[c.Person].reserved })
	l.again = l.settings.Rules.NextChange(now, waiting, l.known)
	return out
}

func (l *Lobby) propose(people []int64, relaxed []string, forced bool) Proposal {
	l.last++
	for _, id := range people {
		l.people[id].reserved = true
	}
	return Proposal{No: l.last, People: people, Relaxed: relaxed, Forced: forced}
}

// proposeForced makes the pairs that an organiser wants, as soon as both are here and free.
func (l *Lobby) proposeForced(now time.Time) []Proposal {
	var out []Proposal
	l.forced = slices.DeleteFunc(l.forced, func(f forced) bool {
		if now.After(f.until) || l.known.Blocked(f.a, f.b) {
			return true
		}
		if !l.free(f.a) || !l.free(f.b) {
			return false
		}
		out = append(out, l.propose([]int64{f.a, f.b}, nil, true))
		return true
	})
	return out
}

// free reports whether somebody is here and in no meeting.
func (l *Lobby) free(person int64) bool {
	a := l.people[person]
	return a != nil && !a.reserved && (a.State == Ready || a.State == InLobby)
}

// Made turns a proposal whose room exists into a meeting, unless one of its people has gone meanwhile, or no pairs are made any
// more; then the others wait on, as if nothing had been. It reports whether there is a meeting: if not, its room is of no use.
func (l *Lobby) Made(now time.Time, p Proposal) bool {
	if !l.settings.Pairs || !now.Before(l.settings.EndsAt) {
		l.Failed(p)
		return false
	}
	for i, id := range p.People {
		a := l.people[id]
		free := a.State == Ready || p.Forced && a.State == InLobby
		if !a.reserved || !free || slices.ContainsFunc(p.People[:i], func(other int64) bool { return l.known.Blocked(id, other) }) {
			l.Failed(p)
			return false
		}
	}
	m := &Meeting{No: p.No, MadeAt: now, ConnectBy: now.Add(ConnectWithin), Forced: p.Forced, Relaxed: p.Relaxed}
	for _, id := range p.People {
		a := l.people[id]
		m.Members = append(m.Members, Member{Person: id, Waited: waited(now, a), Open: true})
		a.State, a.ReadyAt, a.Relaxed, a.reserved, a.Meeting, a.Credit = InMeeting, time.Time{}, nil, false, m.No, 0
		delete(l.waiting, id)
	}
	l.open[m.No] = m
	l.touchMeeting(m)
	return true
}

// Failed gives the people of a proposal back: they wait on, with all the wait they had.
func (l *Lobby) Failed(p Proposal) {
	for _, id := range p.People {
		l.people[id].reserved = false
	}
	l.pool = true
}

// Pass lets time pass: meetings end, people who are lost are given up, waits relax rules.
func (l *Lobby) Pass(now time.Time) {
	var due []*Meeting
	for _, m := range l.open {
		if l.due(now, m) {
			due = append(due, m)
		}
	}
	slices.SortFunc(due, func(a, b *Meeting) int { return a.No - b.No })
	for _, m := range due {
		l.pass(now, m)
	}
	if l.settings.Rules.Guarantee == 0 {
		return
	}
	for _, a := range l.waiting {
		if relaxed := l.settings.Rules.RelaxedAfter(now.Sub(a.ReadyAt)); len(relaxed) != len(a.Relaxed) {
			a.Relaxed = relaxed
			l.pool = true
			l.touch(a)
		}
	}
}

// due reports whether time has something to say about a meeting: it is asked of all of them at every tick.
func (l *Lobby) due(now time.Time, m *Meeting) bool {
	if m.StartedAt.IsZero() && !now.Before(m.ConnectBy) || !m.StartedAt.IsZero() && !now.Before(m.EndsAt) || !m.offered && l.Extendable(m, now) {
		return true
	}
	for i := range m.Members {
		if p := &m.Members[i]; p.Open && !p.GoneAt.IsZero() && !now.Before(p.GoneAt.Add(Grace)) {
			return true
		}
	}
	return false
}

func (l *Lobby) pass(now time.Time, m *Meeting) {
	switch {
	case m.StartedAt.IsZero() && !now.Before(m.ConnectBy):
		l.begin(now, m, true)
		return
	case !m.StartedAt.IsZero() && !now.Before(m.EndsAt):
		l.end(now, m, ByTime, 0)
		return
	}
	if !m.offered && l.Extendable(m, now) {
		m.offered = true
		l.touchMeeting(m)
	}
	for _, member := range slices.Clone(m.Members) {
		if member.Open && !member.GoneAt.IsZero() && !now.Before(member.GoneAt.Add(Grace)) && m.EndedAt.IsZero() {
			l.leave(now, m, member.Person, ByLoss)
		}
	}
}

// begin starts a meeting in which everybody has media. At the latest instant, those without are left behind; with fewer
// than two there is no meeting.
func (l *Lobby) begin(now time.Time, m *Meeting, late bool) {
	if !m.StartedAt.IsZero() {
		return
	}
	var with, without []int64
	for _, p := range m.Members {
		if p.Open && p.MediaAt.IsZero() {
			without = append(without, p.Person)
		} else if p.Open {
			with = append(with, p.Person)
		}
	}
	switch {
	case len(without) == 0:
	case !late:
		return
	case len(with) < 2:
		l.end(now, m, ByNoMedia, 0)
		return
	}
	for _, id := range without {
		l.drop(now, m, id, ByNoMedia, true)
	}
	m.StartedAt, m.EndsAt = now, now.Add(l.settings.Length)
	l.touchMeeting(m)
}

// leave takes somebody out of a meeting, which ends unless two are left.
func (l *Lobby) leave(now time.Time, m *Meeting, person int64, why Reason) {
	left := 0
	for _, p := range m.Members {
		if p.Open && p.Person != person {
			left++
		}
	}
	if left < 2 {
		l.end(now, m, why, person)
		return
	}
	l.drop(now, m, person, why, false)
	l.touchMeeting(m)
	l.begin(now, m, false)
}

// drop closes one's part in a meeting.
func (l *Lobby) drop(now time.Time, m *Meeting, person int64, why Reason, credit bool) {
	p, a := m.member(person), l.people[person]
	for _, o := range m.Members {
		if o.Open && o.Person != person {
			l.known.Meeting(person, o.Person, now, !m.StartedAt.IsZero())
		}
	}
	p.Open = false
	a.Meeting, a.Last = 0, m.No
	l.changedMeetings[m.No] = m
	state, kept := InLobby, time.Duration(0)
	if credit {
		kept = p.Waited + now.Sub(m.MadeAt)
		if !m.StartedAt.IsZero() {
			kept = p.Waited
		}
	}
	if why == ByLoss {
		state = Away
	}
	l.settle(a, state, kept)
}

// end closes a meeting. Who was left, or never got to see the other, keeps the wait that led to it.
func (l *Lobby) end(now time.Time, m *Meeting, why Reason, by int64) {
	m.EndedAt, m.Reason = now, why
	delete(l.open, m.No)
	for _, p := range slices.Clone(m.Members) {
		if !p.Open {
			continue
		}
		reason := why
		if p.Person != by && why == ByLoss {
			reason = ByLeaving // only who was lost is away
		}
		l.drop(now, m, p.Person, reason, why != ByTime && p.Person != by)
	}
}
