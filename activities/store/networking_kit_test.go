package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/calendar"
	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

// fair is a database with an event of two days in Paris, in which the time is what the test says. Person n has the address
// pn@example.org.
type fair struct {
	*store.DB
	t     testing.TB
	clock *storetest.Clock
	event store.LiveEvent
	types map[string]int64
}

// newFair starts at nine in the morning of the first day.
func newFair(t testing.TB, people int) *fair {
	t.Helper()
	f := &fair{t: t, types: map[string]int64{}}
	f.DB, f.clock = storetest.NewWithClock(t, time.Date(2041, 6, 4, 7, 0, 0, 0, time.UTC), 16)
	f.exec(`INSERT INTO people (email, name) SELECT 'p' || i || '@example.org', 'Person ' || i FROM generate_series(1, $1::int) i`, people)
	f.event = store.LiveEvent{Name: "Fair", Timezone: "Europe/Paris"}
	f.event.SetDays(day(t, "2041-06-04"), day(t, "2041-06-05"))
	var err error
	f.event, err = f.CreateLiveEvent(t.Context(), f.event)
	require.NoError(t, err)
	for _, name := range []string{"Founder", "Investor"} {
		kind, err := f.CreateTicketType(t.Context(), f.event.ID, name)
		require.NoError(t, err)
		f.types[name] = kind.ID
	}
	return f
}

func day(t testing.TB, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	require.NoError(t, err)
	return d
}

func wall(t testing.TB, text string) calendar.Wall {
	t.Helper()
	w, err := calendar.ParseWall(text)
	require.NoError(t, err)
	return w
}

func (f *fair) exec(sql string, args ...any) {
	f.t.Helper()
	_, err := f.Pool().Exec(f.t.Context(), sql, args...)
	require.NoError(f.t, err)
}

// sessionAt is a session between two wall clocks, to be created.
func (f *fair) sessionAt(starts, ends string) store.NetworkingSession {
	f.t.Helper()
	s := store.NetworkingSession{EventID: f.event.ID, Name: "Speed networking", MeetingS: 300, Extension: true}
	s.SetWalls(wall(f.t, starts), wall(f.t, ends))
	return s
}

// session makes one from ten to eleven on the first day.
func (f *fair) session() store.NetworkingSession {
	f.t.Helper()
	s, rings, err := f.CreateSession(f.t.Context(), f.sessionAt("2041-06-04T10:00", "2041-06-04T11:00"))
	require.NoError(f.t, err)
	require.Equal(f.t, []store.Ring{{Session: s.ID, Version: 1}}, rings)
	return s
}

// at makes it the time of a wall clock in Paris and moves the session, as its workflow would.
func (f *fair) at(s store.NetworkingSession, clock string) store.NetworkingSession {
	f.t.Helper()
	loc, err := calendar.Zone(f.event.Timezone)
	require.NoError(f.t, err)
	require.NoError(f.t, f.clock.Set(wall(f.t, clock).In(loc)))
	for {
		p, err := f.AdvanceSession(f.t.Context(), s.ID)
		require.NoError(f.t, err)
		if p.Phase == s.Phase {
			return p.NetworkingSession
		}
		s = p.NetworkingSession
	}
}

// tickets gives people 1 to n tickets, Founders the odd and Investors the even.
func (f *fair) tickets(n int) {
	f.t.Helper()
	lines := make([]store.TicketLine, n)
	for i := range lines {
		lines[i] = store.TicketLine{Email: fmt.Sprintf("p%d@example.org", i+1), Type: []string{"Founder", "Investor"}[i%2]}
	}
	done, err := f.RegisterTickets(f.t.Context(), f.event.ID, lines)
	require.NoError(f.t, err)
	require.Empty(f.t, done.Refused)
}

// come puts people into a session, in a state.
func (f *fair) come(s store.NetworkingSession, state string, people ...int64) {
	f.t.Helper()
	f.exec(`INSERT INTO attendees (session_id, person_id, state, seq, entered_at) SELECT $1, p, $2, 1, now() FROM unnest($3::bigint[]) p`, s.ID, state, people)
}

// asked lists what the lobby of a session is asked.
func (f *fair) asked(s store.NetworkingSession) (lines []string) {
	f.t.Helper()
	rows, err := f.Pool().Query(f.t.Context(), `SELECT kind || ' ' || person_id || ' ' || other_id || ' ' || meeting_no FROM session_actions WHERE session_id = $1 ORDER BY id`, s.ID)
	require.NoError(f.t, err)
	defer rows.Close()
	for rows.Next() {
		var line string
		require.NoError(f.t, rows.Scan(&line))
		lines = append(lines, line)
	}
	require.NoError(f.t, rows.Err())
	return lines
}
