package pairing

import (
	"slices"
	"time"
)

// Kind is what an action or an observation says.
type Kind string

// What attendees do, by their pages.
const (
	Enter   Kind = "enter" // comes in, or goes on in another tab
	IsReady Kind = "ready"
	Unready Kind = "unready"
	Media   Kind = "media"   // sees or hears the others, and is seen or heard
	Leave   Kind = "leave"   // the meeting, and only that
	Extend  Kind = "extend"  // wants to, or agrees
	Decline Kind = "decline" // does not want to extend
	Block   Kind = "block"   // never again with Other
	Exit    Kind = "exit"    // leaves networking
)

// What organisers do.
const (
	Force  Kind = "force"   // pair Person with Other
	End    Kind = "end"     // a meeting
	Remove Kind = "remove"  // Person
	Revoke Kind = "revoked" // Person's ticket
)

// What is observed.
const (
	Joined   Kind = "joined" // the room, with media
	Lost     Kind = "left"   // the room
	Unseen   Kind = "unseen" // no page of theirs is connected
	SeenBack Kind = "seen"   // one is again
)

// Action is one thing that somebody did, or that was observed of somebody.
type Action struct {
	Kind    Kind
	Person  int64 // 0 with End
	Meeting int   // which one is meant, where it is about one
	Other   int64
	Tab     string
	At      time.Time // of observations: when it happened
	// Newcomer is who enters, as the ticket and the person say now.
	Newcomer Attendee
}

// Apply lets an action happen. What no longer makes sense, like leaving a meeting that is over, changes nothing: pages are
// slower than the lobby, and networks repeat themselves.
func (l *Lobby) Apply(now time.Time, a Action) {
	switch a.Kind {
	case Enter:
		l.enter(a)
		return
	case End:
		if m := l.open[a.Meeting]; m != nil {
			l.end(now, m, ByOrganiser, 0)
		}
		return
	case Force:
		if !l.known.Blocked(a.Person, a.Other) && a.Person != a.Other {
			l.forced = append(l.forced, forced{a.Person, a.Other, now.Add(forcePatience)})
			l.pool = true
		}
		return
	case Block:
		l.known.Block(a.Person, a.Other)
	}
	p := l.people[a.Person]
	if p == nil {
		return
	}
	switch a.Kind {
	case IsReady:
		l.ready(now, p)
	case Unready:
		if p.State == Ready {
			l.settle(p, InLobby, 0)
		}
	case Exit, Revoke:
		l.goAway(now, p, Exited, ByLeaving)
	case Remove:
		l.goAway(now, p, Removed, ByRemoval)
	case Unseen:
		if p.State == InLobby || p.State == Ready {
			l.settle(p, Away, waited(now, p))
		}
	case SeenBack:
		if p.State == Away {
			l.settle(p, InLobby, p.Credit)
		}
	default:
		l.inMeeting(now, p, a)
	}
}

// inMeeting is what concerns the meeting that somebody is in, if that is the one the action means.
func (l *Lobby) inMeeting(now time.Time, p *Attendee, a Action) {
	m := l.open[p.Meeting]
	if m == nil || a.Meeting != 0 && a.Meeting != m.No {
		return
	}
	me := m.member(p.Person)
	switch a.Kind {
	case Leave:
		l.leave(now, m, p.Person, ByLeaving)
	case Block:
		if other := m.member(a.Other); other != nil && other.Open {
			l.leave(now, m, p.Person, ByBlock)
		}
	case Media:
		if !me.MediaAt.IsZero() && me.GoneAt.IsZero() {
			return
		}
		me.GoneAt = time.Time{}
		if me.MediaAt.IsZero() {
			me.MediaAt = now
		}
		l.touchMeeting(m)
		l.begin(now, m, false)
	case Joined:
		if !me.GoneAt.IsZero() {
			me.GoneAt = time.Time{}
			l.touchMeeting(m)
		}
	case Lost:
		switch {
		case m.StartedAt.IsZero() && now.Sub(m.MadeAt) > doubtAfter: // before, who was just let in may not be listed yet
			me.MediaAt = time.Time{}
		case m.StartedAt.IsZero():
		case me.GoneAt.IsZero():
			me.GoneAt = now
			l.touchMeeting(m)
		}
	case Extend, Decline:
		l.extend(now, m, me, a.Kind)
	}
}

func (l *Lobby) enter(a Action) {
	p := l.people[a.Person]
	if p == nil {
		p = &Attendee{Person: a.Person, State: InLobby}
		l.people[a.Person] = p
	}
	if p.State == Removed {
		return
	}
	p.Type, p.Attributes, p.Tab = a.Newcomer.Type, a.Newcomer.Attributes, a.Tab
	if p.State == Away || p.State == Exited {
		p.State = InLobby
	}
	l.pool = true
	l.touch(p)
}

func (l *Lobby) ready(now time.Time, p *Attendee) {
	if p.State != InLobby && p.State != Away {
		return
	}
	p.State, p.ReadyAt, p.Credit = Ready, now.Add(-p.Credit), 0
	p.Relaxed = l.settings.Rules.RelaxedAfter(now.Sub(p.ReadyAt))
	l.waiting[p.Person] = p
	l.pool = true
	l.touch(p)
}

// settle puts somebody who is in no meeting into a state in which nobody waits.
func (l *Lobby) settle(p *Attendee, s State, credit time.Duration) {
	p.State, p.Credit, p.ReadyAt, p.Relaxed, p.reserved = s, credit, time.Time{}, nil, false
	delete(l.waiting, p.Person)
	l.pool = true
	l.touch(p)
}

// waited is for how long somebody has waited, credit included.
func waited(now time.Time, p *Attendee) time.Duration {
	if p.State != Ready {
		return p.Credit
	}
	return max(now.Sub(p.ReadyAt), 0)
}

// goAway takes somebody out of the session.
func (l *Lobby) goAway(now time.Time, p *Attendee, s State, why Reason) {
	if p.State == Removed {
		return
	}
	if m := l.open[p.Meeting]; m != nil {
		l.leave(now, m, p.Person, why)
	}
	l.settle(p, s, 0)
}

// extend notes a wish; an extension that all want is granted once, and never lasts past the end of the session.
func (l *Lobby) extend(now time.Time, m *Meeting, me *Member, k Kind) {
	if !l.Extendable(m, now) || me.Extend != "" {
		return
	}
	me.Extend = map[Kind]string{Extend: "yes", Decline: "no"}[k]
	all := !slices.ContainsFunc(m.Members, func(o Member) bool { return o.Open && o.Extend != "yes" })
	if all {
		m.Extended, m.EndsAt = true, m.EndsAt.Add(l.half())
	}
	l.touchMeeting(m)
}

// half is by how much an extension prolongs: half the length in seconds, rounded down.
func (l *Lobby) half() time.Duration { return (l.settings.Length / 2).Truncate(time.Second) }

// Extendable reports whether the extension of a meeting can be asked for or agreed to now.
func (l *Lobby) Extendable(m *Meeting, now time.Time) bool {
	return l.settings.Extension && !m.Extended && !m.StartedAt.IsZero() && m.EndedAt.IsZero() &&
		!now.Before(m.EndsAt.Add(-OfferExtension)) && !m.EndsAt.Add(l.half()).After(l.settings.EndsAt) &&
		!slices.ContainsFunc(m.Members, func(o Member) bool { return o.Open && o.Extend == "no" })
}

func (m *Meeting) member(person int64) *Member {
	for i := range m.Members {
		if m.Members[i].Person == person {
			return &m.Members[i]
		}
	}
	return nil
}
