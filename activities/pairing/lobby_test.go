package pairing

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// book is what a lobby has written down: what a database would hold.
type book struct {
	people   map[int64]Attendee
	meetings map[int]Meeting
	last     int
}

func (b *book) write(c Changes) {
	for _, a := range c.People {
		a.reserved = false
		b.people[a.Person] = a
	}
	for _, m := range c.Meetings {
		m.offered = false
		b.meetings[m.No] = m
	}
	b.last = max(b.last, c.Last)
}

// reopen makes the lobby anew from what is written, as after a crash.
func (b *book) reopen(s Settings, blocks [][2]int64) *Lobby {
	known := NewKnown()
	var open []Meeting
	for _, no := range slices.Sorted(maps.Keys(b.meetings)) {
		m := b.meetings[no]
		if m.EndedAt.IsZero() {
			m.Members = slices.Clone(m.Members)
			open = append(open, m)
			continue
		}
		for i, x := range m.Members {
			for _, y := range m.Members[:i] {
				known.Meeting(x.Person, y.Person, m.EndedAt, !m.StartedAt.IsZero())
			}
		}
	}
	for _, pair := range blocks {
		known.Block(pair[0], pair[1])
	}
	people := slices.SortedFunc(maps.Values(b.people), func(a, c Attendee) int { return int(a.Person - c.Person) })
	return NewLobby(s, 7, known, people, open, b.last)
}

// night is a lobby that random things happen to, with a checker that trusts only what is written down.
type night struct {
	t        *rapid.T
	settings Settings
	now      time.Time
	lobby    *Lobby
	book     book
	pending  []Proposal
	blocks   [][2]int64
	extended map[int]bool
}

const few = 9

func (n *night) turn() {
	n.lobby.Pass(n.now)
	c := n.lobby.Take()
	n.check(c)
	n.book.write(c)
	n.pending = append(n.pending, n.lobby.Propose(n.now)...)
	n.consistent()
}

// check judges what is about to be written against what was written before.
func (n *night) check(c Changes) {
	for _, m := range c.Meetings {
		old, existed := n.book.meetings[m.No]
		if !existed {
			n.checkNew(m)
		}
		if m.Extended && !old.Extended {
			require.True(n.t, n.settings.Extension)
			require.False(n.t, n.extended[m.No], "extended twice")
			n.extended[m.No] = true
			require.Equal(n.t, n.settings.Length/2, m.EndsAt.Sub(old.EndsAt))
			require.False(n.t, m.EndsAt.After(n.settings.EndsAt), "extended past the end of the session")
			for _, p := range m.Members {
				require.True(n.t, !p.Open || p.Extend == "yes")
			}
		}
		if m.Reason == ByTime {
			require.False(n.t, m.EndedAt.Before(m.EndsAt))
		}
		if !m.StartedAt.IsZero() && old.StartedAt.IsZero() {
			open := 0
			for _, p := range m.Members {
				if p.Open {
					require.False(n.t, p.MediaAt.IsZero(), "began without somebody's media")
					open++
				}
			}
			require.True(n.t, open >= 2 || !m.EndedAt.IsZero())
		}
	}
}

func (n *night) checkNew(m Meeting) {
	require.True(n.t, n.settings.Pairs, "a pair was made in a pause")
	require.True(n.t, n.now.Before(n.settings.EndsAt), "a pair was made after the end")
	for i, x := range m.Members {
		for _, y := range m.Members[:i] {
			for _, b := range n.blocks {
				require.False(n.t, b == [2]int64{x.Person, y.Person} || b == [2]int64{y.Person, x.Person}, "blocked people meet")
			}
			if m.Forced || slices.Contains(m.Relaxed, RepeatRule) {
				continue
			}
			for _, before := range n.book.meetings {
				if before.member(x.Person) != nil && before.member(y.Person) != nil && !before.EndedAt.IsZero() {
					require.GreaterOrEqual(n.t, n.now.Sub(before.EndedAt), DefaultWindow*time.Second, "%d and %d meet again after %s", x.Person, y.Person, n.now.Sub(before.EndedAt))
				}
			}
		}
	}
}

// consistent compares the written rows with each other: nobody is in two meetings, and rows about people and about meetings
// say the same.
func (n *night) consistent() {
	in := map[int64]int{}
	for no, m := range n.book.meetings {
		for _, p := range m.Members {
			if !p.Open {
				continue
			}
			require.True(n.t, m.EndedAt.IsZero(), "somebody is still in meeting %d, which is over", no)
			require.Zero(n.t, in[p.Person], "%d is in two meetings", p.Person)
			require.True(n.t, p.GoneAt.IsZero() || n.now.Sub(p.GoneAt) < Grace, "%d is lost and not given up", p.Person)
			in[p.Person] = no
		}
	}
	for id, a := range n.book.people {
		require.Equal(n.t, in[id], a.Meeting, "%d", id)
		require.Equal(n.t, a.State == InMeeting, a.Meeting != 0, "%d is %s", id, a.State)
		require.Equal(n.t, a.State == Ready, !a.ReadyAt.IsZero(), "%d is %s", id, a.State)
		require.Equal(n.t, a.State == Ready, n.lobby.waiting[id] != nil, "%d is %s", id, a.State)
	}
}

func TestLobbyNeverLosesAnybody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
		n := &night{t: t, now: start, book: book{people: map[int64]Attendee{}, meetings: map[int]Meeting{}}, extended: map[int]bool{}}
		n.settings = Settings{Length: 60 * time.Second, Extension: rapid.Bool().Draw(t, "extension"), EndsAt: start.Add(20 * time.Minute), Pairs: true}
		if rapid.Bool().Draw(t, "third") {
			n.settings.Rules.Odd = OddJoins
		}
		n.lobby = n.book.reopen(n.settings, nil)
		for range rapid.IntRange(20, 120).Draw(t, "steps") {
			n.now = n.now.Add(time.Duration(rapid.SampledFrom([]int{0, 50, 700, 4000, 19000, 31000}).Draw(t, "ms")) * time.Millisecond)
			n.happen()
			n.turn()
		}
		n.lobby.Set(Settings{Rules: n.settings.Rules, Length: n.settings.Length, EndsAt: n.now})
		n.settings.Pairs = false
		for _, p := range n.pending {
			require.False(t, n.lobby.Made(n.now, p), "a meeting was made after the end")
		}
		n.pending = nil
		n.now = n.now.Add(ConnectWithin)
		n.turn()
		n.now = n.now.Add(n.settings.Length * 3 / 2)
		n.turn()
		require.True(t, n.lobby.Idle(), "somebody is never freed")
		for id, a := range n.book.people {
			require.NotEqual(t, InMeeting, a.State, "%d", id)
		}
	})
}

// happen lets one random thing happen.
func (n *night) happen() {
	person := rapid.Int64Range(1, few).Draw(n.t, "person")
	other := rapid.Int64Range(1, few).Draw(n.t, "other")
	no := n.book.people[person].Meeting
	switch rapid.IntRange(0, 9).Draw(n.t, "what") {
	case 0: // what a crash leaves: nothing but the book
		n.lobby, n.pending = n.book.reopen(n.settings, n.blocks), nil
	case 1, 2, 3: // rooms exist, or not
		for _, p := range n.pending {
			if rapid.IntRange(0, 9).Draw(n.t, "room") == 0 {
				n.lobby.Failed(p)
			} else {
				n.lobby.Made(n.now, p)
			}
		}
		n.pending = nil
	case 4:
		n.settings.Pairs = rapid.IntRange(0, 4).Draw(n.t, "pause") > 0
		n.lobby.Set(n.settings)
	case 5: // most people want to meet
		for p := int64(1); p <= few; p++ {
			n.lobby.Apply(n.now, Action{Kind: Enter, Person: p, Tab: "t"})
			n.lobby.Apply(n.now, Action{Kind: IsReady, Person: p})
			n.lobby.Apply(n.now, Action{Kind: Media, Person: p, Meeting: n.book.people[p].Meeting})
		}
	default:
		kind := rapid.SampledFrom([]Kind{
			Enter, IsReady, IsReady, Unready, Media, Media, Leave, Extend, Extend, Decline, Block, Exit, Force, End, Remove, Joined, Lost, Unseen, SeenBack,
		}).Draw(n.t, "kind")
		if kind == Block && person != other && n.book.people[person].State != "" {
			n.blocks = append(n.blocks, [2]int64{person, other})
		} else if kind == Block {
			return
		}
		n.lobby.Apply(n.now, Action{Kind: kind, Person: person, Other: other, Meeting: no})
		if kind == Extend { // both, more often than chance would have it
			for _, p := range n.book.meetings[no].Members {
				n.lobby.Apply(n.now, Action{Kind: kind, Person: p.Person, Meeting: no})
			}
		}
	}
}
