package pairing

import (
	"slices"
	"time"
)

// What holds for every lobby.
const (
	// ConnectWithin is how long the people of a meeting have to get their media to each other.
	ConnectWithin = 20 * time.Second
	// Grace is how long somebody who got lost in a meeting has to come back.
	Grace = 20 * time.Second
	// doubtAfter is how long a meeting connects before it is asked about.
	doubtAfter = ConnectWithin / 4
	// OfferExtension is how long before a meeting's end its extension is offered.
	OfferExtension = 30 * time.Second
	// forcePatience is how long a pair that an organiser wants waits for both to be free.
	forcePatience = 5 * time.Minute
)

// Settings are what an organiser has set, and may change while the lobby runs.
type Settings struct {
	Rules     Rules
	Length    time.Duration // of a meeting
	Extension bool
	EndsAt    time.Time // no pairs are made from then on
	Pairs     bool      // pairs are made: the session is open and not paused
}

// State is where somebody is in a networking session.
type State string

// The states of an attendee.
const (
	InLobby   State = "lobby"   // here, and not ready
	Ready     State = "ready"   // waits to be paired
	InMeeting State = "meeting" // in a meeting that is being connected or live
	Away      State = "away"    // lost: no page of theirs is connected
	Exited    State = "exited"  // left networking, or lost the ticket
	Removed   State = "removed" // by an organiser
)

// Attendee is somebody who has come.
type Attendee struct {
	Person     int64
	Type       int64 // of the ticket
	Attributes map[string]string
	State      State
	Tab        string        // the newest
	ReadyAt    time.Time     // waits since, credit included; zero unless ready
	Credit     time.Duration // of waiting, which the next readiness begins with
	Relaxed    []string      // rules that the present wait has relaxed
	Meeting    int           // the open one, 0 for none
	Last       int           // the one before

	reserved bool // for a meeting whose room is being created
}

// Member is somebody in a meeting.
type Member struct {
	Person  int64
	Waited  time.Duration
	MediaAt time.Time // zero: not yet
	Extend  string    // yes, no or nothing yet
	GoneAt  time.Time // lost since; zero: there
	Open    bool      // has not left
}

// Meeting is a call of two, or three.
type Meeting struct {
	No        int
	MadeAt    time.Time
	ConnectBy time.Time
	StartedAt time.Time // zero: still connecting
	EndsAt    time.Time
	Extended  bool
	Forced    bool
	Relaxed   []string
	EndedAt   time.Time // zero: open
	Reason    Reason
	Members   []Member

	offered bool // its members have been told that they may extend
}

// Reason is why a meeting ended.
type Reason string

// The reasons.
const (
	ByTime      Reason = "time"
	ByLeaving   Reason = "left"
	ByLoss      Reason = "lost"     // did not come back within the grace
	ByNoMedia   Reason = "no_media" // nothing to see or hear within ConnectWithin
	ByRemoval   Reason = "removed"
	ByOrganiser Reason = "organiser"
	ByBlock     Reason = "blocked"
)

// Lobby is a networking session's waiting room as a state machine: actions, observations and the time go in, changes come
// out. Whoever drives it makes rooms and writes the changes down before anybody hears of them; if that fails, the lobby is
// thrown away and made again from what is written. It is not safe for concurrent use.
type Lobby struct {
	settings Settings
	seed     uint64
	known    *Known
	people   map[int64]*Attendee
	waiting  map[int64]*Attendee // those of them who are ready
	open     map[int]*Meeting
	last     int // number of the last meeting
	forced   []forced

	changedPeople   map[int64]bool
	changedMeetings map[int]*Meeting
	pool            bool      // who waits has changed since the last pairing
	again           time.Time // when time alone may allow a pair; zero: never
}

type forced struct {
	a, b  int64
	until time.Time
}

// NewLobby begins with what is written down: who is there, open meetings, what people have behind them, and the number of
// the last meeting.
func NewLobby(s Settings, seed uint64, known *Known, people []Attendee, open []Meeting, last int) *Lobby {
	l := &Lobby{
		settings: s, seed: seed, known: known, people: map[int64]*Attendee{}, waiting: map[int64]*Attendee{}, open: map[int]*Meeting{}, last: last, pool: true,
		changedPeople: map[int64]bool{}, changedMeetings: map[int]*Meeting{},
	}
	for i := range people {
		l.people[people[i].Person] = &people[i]
		if people[i].State == Ready {
			l.waiting[people[i].Person] = &people[i]
		}
	}
	for i := range open {
		l.open[open[i].No] = &open[i]
	}
	return l
}

// Set takes other settings; meetings under way keep their length.
func (l *Lobby) Set(s Settings) { l.settings, l.pool = s, true }

// Knows reports whether somebody has come before.
func (l *Lobby) Knows(person int64) bool { return l.people[person] != nil }

// Last is the number of the last meeting that was proposed.
func (l *Lobby) Last() int { return l.last }

// Known is what people have behind them, for additions.
func (l *Lobby) Known() *Known { return l.known }

// Idle reports that no meeting is open and none is being made.
func (l *Lobby) Idle() bool {
	if len(l.open) > 0 {
		return false
	}
	for _, a := range l.people {
		if a.reserved {
			return false
		}
	}
	return true
}

// Counts are how many people are in which state, and how many meetings are open.
func (l *Lobby) Counts() (states map[State]int, meetings int) {
	states = map[State]int{}
	for _, a := range l.people {
		states[a.State]++
	}
	return states, len(l.open)
}

// Changes are what has to be written down.
type Changes struct {
	People   []Attendee
	Meetings []Meeting // new ones and changed ones, by number
	Last     int       // number of the last meeting
}

// Empty reports that there is nothing to write.
func (c Changes) Empty() bool { return len(c.People) == 0 && len(c.Meetings) == 0 }

// Changed reports whether there is anything to Take.
func (l *Lobby) Changed() bool { return len(l.changedPeople) > 0 || len(l.changedMeetings) > 0 }

// Take returns what changed since the last Take, in the order of ids. Who is only reserved has not changed.
func (l *Lobby) Take() Changes {
	c := Changes{Last: l.last}
	for id := range l.changedPeople {
		c.People = append(c.People, *l.people[id])
	}
	for _, m := range l.changedMeetings {
		kept := *m
		kept.Members = slices.Clone(m.Members)
		c.Meetings = append(c.Meetings, kept)
	}
	slices.SortFunc(c.People, func(a, b Attendee) int { return int(a.Person - b.Person) })
	slices.SortFunc(c.Meetings, func(a, b Meeting) int { return a.No - b.No })
	clear(l.changedPeople)
	clear(l.changedMeetings)
	return c
}

// Doubtful are the open meetings, and their people, that the video server should be asked about: those that have been connecting
// for a while, as if what it tells by itself had been lost, and those with somebody lost.
func (l *Lobby) Doubtful(now time.Time) map[int][]int64 {
	out := l.Members()
	for no, m := range l.open {
		lost := slices.ContainsFunc(m.Members, func(p Member) bool { return p.Open && !p.GoneAt.IsZero() })
		connecting := m.StartedAt.IsZero() && now.Sub(m.MadeAt) > doubtAfter
		if !connecting && !lost {
			delete(out, no)
		}
	}
	return out
}

// Connecting reports whether an open meeting has not begun.
func (l *Lobby) Connecting(no int) bool { return l.open[no] != nil && l.open[no].StartedAt.IsZero() }

// Members are the people of all open meetings.
func (l *Lobby) Members() map[int][]int64 {
	out := make(map[int][]int64, len(l.open))
	for no, m := range l.open {
		for _, p := range m.Members {
			if p.Open {
				out[no] = append(out[no], p.Person)
			}
		}
	}
	return out
}

// Open lists the numbers of all open meetings.
func (l *Lobby) Open() []int {
	out := make([]int, 0, len(l.open))
	for no := range l.open {
		out = append(out, no)
	}
	slices.Sort(out)
	return out
}

func (l *Lobby) touch(a *Attendee) { l.changedPeople[a.Person] = true }

func (l *Lobby) touchMeeting(m *Meeting) {
	l.changedMeetings[m.No] = m
	for i := range m.Members {
		if m.Members[i].Open {
			l.touch(l.people[m.Members[i].Person])
		}
	}
}
