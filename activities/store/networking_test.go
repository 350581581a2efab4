package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/pairing"
	"rondo/activities/store"
)

func TestEventDaysAreKept(t *testing.T) {
	f := newFair(t, 0)
	ctx := t.Context()
	first, last := f.event.Days()
	require.Equal(t, []string{"2041-06-04", "2041-06-05"}, []string{first.String(), last.String()})
	change := func(version int64, c func(*store.LiveEvent)) string {
		e, err := f.UpdateLiveEvent(ctx, f.event.ID, version, c)
		if err == nil {
			f.event = e
		}
		return faultCode(err)
	}
	require.Equal(t, "name_missing", change(1, func(e *store.LiveEvent) { e.Name = " " }))
	require.Equal(t, "unknown_zone", change(1, func(e *store.LiveEvent) { e.Timezone = "Paris" }))
	require.Equal(t, "days_reversed", change(1, func(e *store.LiveEvent) { e.SetDays(last, first) }))
	require.Empty(t, change(1, func(e *store.LiveEvent) { e.Timezone = "America/New_York" }))
	require.Equal(t, "stale_version", change(1, func(*store.LiveEvent) {}))
	require.Empty(t, change(2, func(e *store.LiveEvent) { e.Timezone = "Europe/Paris" }))

	s := f.session()
	require.Equal(t, "session_outside", change(3, func(e *store.LiveEvent) { e.SetDays(last, last) }))
	require.Equal(t, "event_has_sessions", change(3, func(e *store.LiveEvent) { e.Timezone = "UTC" }))
	require.Empty(t, change(3, func(e *store.LiveEvent) { e.SetDays(first, first) }))
	_, _, err := f.CancelSession(ctx, s.ID)
	require.NoError(t, err)
	require.Empty(t, change(4, func(e *store.LiveEvent) { e.SetDays(last, last) }), "what was cancelled is in nobody's way")
}

// Seed 002: "Can I create a networking session before or after my event? No, it can only be scheduled on your event days."
func TestNetworkingSessionsTakePlaceOnEventDaysOnly(t *testing.T) {
	f := newFair(t, 0)
	for _, c := range []struct{ starts, ends, code, location string }{
		{"2041-06-03T10:00", "2041-06-03T11:00", "outside_event_days", "body.starts"},
		{"2041-06-03T23:59", "2041-06-04T01:00", "outside_event_days", "body.starts"},
		{"2041-06-06T00:00", "2041-06-06T01:00", "outside_event_days", "body.starts"},
		{"2041-06-05T23:00", "2041-06-06T00:01", "outside_event_days", "body.ends"},
		{"2041-06-04T11:00", "2041-06-04T11:00", "ends_before_start", "body.ends"},
		{"2041-06-04T11:00", "2041-06-04T10:00", "ends_before_start", "body.ends"},
		{"2041-06-05T00:00", "2041-06-06T00:00", "", ""}, // midnight ends the last day
		{"2041-06-04T23:00", "2041-06-05T01:00", "", ""},
	} {
		_, _, err := f.CreateSession(t.Context(), f.sessionAt(c.starts, c.ends))
		require.Equal(t, c.code, faultCode(err), "%s to %s: %v", c.starts, c.ends, err)
		if c.code == "" {
			continue
		}
		require.Equal(t, c.location, fault.From(err).Fields[0].Location)
		if c.code == "outside_event_days" {
			require.Contains(t, err.Error(), "2041-06-04 to 2041-06-05", "it names the days")
		}
	}
	_, _, err := f.CreateSession(t.Context(), store.NetworkingSession{EventID: 99})
	require.Equal(t, "event_not_found", faultCode(err))
}

// Seed 002: "create a session that's happening now".
func TestANetworkingSessionHappeningNowIsAcceptedAndOneThatIsOverIsNot(t *testing.T) {
	f := newFair(t, 0) // at nine
	s, _, err := f.CreateSession(t.Context(), f.sessionAt("2041-06-04T08:00", "2041-06-04T09:01"))
	require.NoError(t, err)
	require.Equal(t, store.SessionOpen, f.at(s, "2041-06-04T09:00").Phase)
	_, _, err = f.CreateSession(t.Context(), f.sessionAt("2041-06-04T08:00", "2041-06-04T09:00"))
	require.Equal(t, "session_ended", faultCode(err))
	require.Equal(t, "body.ends", fault.From(err).Fields[0].Location)
}

// Seed 002: "Adjust the duration of how long a meeting should be in Networking Rules (this is set in seconds)".
func TestTheDurationOfMeetingsIsInSecondsAndAtLeastSixty(t *testing.T) {
	f := newFair(t, 0)
	for seconds, code := range map[int]string{59: "meeting_length", 0: "meeting_length", -1: "meeting_length", 86_401: "meeting_length", 60: "", 61: "", 86_400: ""} {
		s := f.sessionAt("2041-06-04T10:00", "2041-06-04T11:00")
		s.MeetingS = seconds
		s, _, err := f.CreateSession(t.Context(), s)
		require.Equal(t, code, faultCode(err), "%d", seconds)
		if code == "" {
			require.Equal(t, seconds, s.MeetingS)
		}
	}
}

// Seed 002: "admins can set up which ticket type can be matched with which ticket type".
func TestRulesNameTicketTypesOfTheEvent(t *testing.T) {
	f := newFair(t, 0)
	ctx := t.Context()
	other, err := f.CreateLiveEvent(ctx, store.LiveEvent{Name: "Other", Timezone: "UTC", FirstDay: f.event.FirstDay, LastDay: f.event.LastDay})
	require.NoError(t, err)
	foreign, err := f.CreateTicketType(ctx, other.ID, "Founder")
	require.NoError(t, err)

	s := f.sessionAt("2041-06-04T10:00", "2041-06-04T11:00")
	s.Rules = pairing.Rules{
		Types:      [][2]int64{{f.types["Founder"], f.types["Investor"]}},
		Attributes: []pairing.AttributeRule{{Attribute: " Company ", Kind: pairing.NeverSame}},
		Repeat:     pairing.Repeat{Kind: pairing.RepeatAllow}, Odd: pairing.OddJoins, Guarantee: 60, Relax: []string{"attribute:COMPANY", "ticket_types"},
	}
	s.VisibleAttributes = []string{"Company", "role", " company"}
	made, _, err := f.CreateSession(ctx, s)
	require.NoError(t, err)
	want := s.Rules
	want.Attributes = []pairing.AttributeRule{{Attribute: "company", Kind: pairing.NeverSame}}
	want.Relax = []string{"attribute:company", "ticket_types"}
	require.Equal(t, want, made.Rules, "attributes have no case")
	require.Equal(t, []string{"company", "role"}, made.VisibleAttributes)

	s.Rules.Types = [][2]int64{{f.types["Founder"], foreign.ID}}
	_, _, err = f.CreateSession(ctx, s)
	require.Equal(t, "ticket_type_not_found", faultCode(err))
	s.Rules = pairing.Rules{Odd: "dances", Guarantee: -1}
	_, _, err = f.CreateSession(ctx, s)
	require.Equal(t, "rules_invalid", faultCode(err))
	require.Equal(t, "body.rules.odd", fault.From(err).Fields[0].Location)
	require.Len(t, fault.From(err).Fields, 2, "all mistakes at once")

	require.Equal(t, "ticket_type_in_use", faultCode(f.DeleteTicketType(ctx, f.event.ID, f.types["Investor"])))
	require.Equal(t, "ticket_type_not_found", faultCode(f.DeleteTicketType(ctx, f.event.ID, foreign.ID)))
	require.NoError(t, f.DeleteTicketType(ctx, other.ID, foreign.ID))
}

func TestWhatOfANetworkingSessionMayChangeWhen(t *testing.T) {
	f := newFair(t, 0)
	ctx := t.Context()
	s := f.session()
	update := func(c func(*store.NetworkingSession)) string {
		out, rings, err := f.UpdateSession(ctx, s.ID, s.Version, c)
		if err == nil {
			require.Equal(t, []store.Ring{{Session: s.ID, Version: s.Version + 1}}, rings)
			require.Equal(t, s.Seq+1, out.Seq, "pages hear of it")
			require.NotNil(t, out.RingSince)
			s = out
		}
		return faultCode(err)
	}
	move := func(s *store.NetworkingSession) {
		s.SetWalls(wall(t, "2041-06-04T12:00"), wall(t, "2041-06-04T13:00"))
		s.DoorsOpenS = 600
	}
	require.Empty(t, update(move))
	require.Equal(t, "2041-06-04T10:00:00Z 2041-06-04T09:50:00Z", s.StartsAt.UTC().Format(time.RFC3339)+" "+s.DoorsAt().UTC().Format(time.RFC3339))
	require.Equal(t, "outside_event_days", update(func(s *store.NetworkingSession) {
		s.SetWalls(wall(t, "2041-06-06T12:00"), wall(t, "2041-06-06T13:00"))
	}))
	_, _, err := f.UpdateSession(ctx, s.ID, 1, move)
	require.Equal(t, "stale_version", faultCode(err))

	later := func(s *store.NetworkingSession) {
		s.Name, s.MeetingS, s.Extension, s.VisibleAttributes, s.Rules.Odd = "Later", 60, false, []string{"role"}, pairing.OddJoins
		s.ID, s.EventID, s.Seed, s.Epoch, s.Phase = 99, 99, 99, 99, "closed" // not an organiser's to set
	}
	for _, phase := range []struct{ clock, phase string }{{"2041-06-04T11:50", "doors"}, {"2041-06-04T12:00", "open"}, {"2041-06-04T13:00", "ending"}} {
		s = f.at(s, phase.clock)
		require.Equal(t, phase.phase, s.Phase)
		require.Equal(t, "session_started", update(func(s *store.NetworkingSession) { s.DoorsOpenS = 0 }))
		require.Equal(t, "session_started", update(func(s *store.NetworkingSession) {
			s.SetWalls(wall(t, "2041-06-04T12:00"), wall(t, "2041-06-04T14:00"))
		}))
		require.Empty(t, update(later))
		require.Equal(t, "Later 60 "+phase.phase, s.Name+" "+time.Duration(s.MeetingS).String()[:2]+" "+s.Phase)
		require.Equal(t, f.event.ID, s.EventID)
	}
	_, err = f.FinishSession(ctx, s.ID)
	require.NoError(t, err)
	s, err = f.Session(ctx, s.ID)
	require.NoError(t, err)
	require.Equal(t, "session_over", update(later))
}

func TestCommandsOfANetworkingSession(t *testing.T) {
	f := newFair(t, 0)
	ctx := t.Context()
	s := f.session()
	// do runs a command, and tells whether it changed anything and rang.
	do := func(c func(context.Context, int64) (store.NetworkingSession, []store.Ring, error)) (code string, changed bool) {
		out, rings, err := c(ctx, s.ID)
		if err != nil {
			return faultCode(err), false
		}
		changed = out.Version != s.Version
		require.Equal(t, changed, len(rings) == 1 && rings[0] == store.Ring{Session: s.ID, Version: out.Version})
		require.Equal(t, changed, out.Seq != s.Seq)
		s = out
		return "", changed
	}
	expect := func(code string, changed bool, c func(context.Context, int64) (store.NetworkingSession, []store.Ring, error)) {
		t.Helper()
		gotCode, gotChanged := do(c)
		require.Equal(t, code, gotCode)
		require.Equal(t, changed, gotChanged)
	}
	announce := func(text string) func(context.Context, int64) (store.NetworkingSession, []store.Ring, error) {
		return func(ctx context.Context, id int64) (store.NetworkingSession, []store.Ring, error) {
			return f.AnnounceInSession(ctx, id, text)
		}
	}
	extend := func(ends string, by time.Duration) func(context.Context, int64) (store.NetworkingSession, []store.Ring, error) {
		return func(ctx context.Context, id int64) (store.NetworkingSession, []store.Ring, error) {
			var w calendar.Wall
			if ends != "" {
				w = wall(t, ends)
			}
			return f.ExtendSession(ctx, id, w, by)
		}
	}
	expect("", true, f.PauseSession)
	paused := *s.PausedAt
	expect("", false, f.PauseSession)
	require.Equal(t, paused, *s.PausedAt)
	expect("", true, f.ResumeSession)
	require.Nil(t, s.PausedAt)
	expect("", false, f.ResumeSession)
	expect("", true, announce(" Welcome\nall "))
	require.Equal(t, "Welcome\nall", s.Announcement)
	require.NotNil(t, s.AnnouncedAt)
	expect("", true, announce(""))
	require.Nil(t, s.AnnouncedAt)
	expect("session_not_open", false, f.EndSession)

	s = f.at(s, "2041-06-04T10:30")
	expect("session_started", false, f.CancelSession)
	expect("ends_earlier", false, extend("2041-06-04T11:00", 0))
	expect("ends_earlier", false, extend("", 0))
	expect("outside_event_days", false, extend("2041-06-06T00:01", 0))
	expect("", true, extend("", 10*time.Minute))
	expect("", true, extend("2041-06-04T11:30", 0))
	_, ends := s.Walls()
	require.Equal(t, "2041-06-04T11:30", ends.String())
	require.Equal(t, "2041-06-04T09:30:00Z", s.EndsAt.UTC().Format(time.RFC3339))
	expect("outside_event_days", false, extend("", 48*time.Hour))

	expect("", true, f.EndSession)
	require.Equal(t, f.clock.Now, s.EndsAt.UTC())
	expect("", false, f.EndSession)
	s = f.at(s, "2041-06-04T10:30")
	require.Equal(t, store.SessionEnding, s.Phase, "no pairs any more")
	expect("", false, f.EndSession)
	for _, c := range []func(context.Context, int64) (store.NetworkingSession, []store.Ring, error){f.PauseSession, f.ResumeSession, extend("", time.Hour)} {
		expect("session_over", false, c)
	}
	expect("", true, announce("Thank you"))

	s = f.session()
	expect("", true, f.CancelSession)
	require.Equal(t, store.SessionCancelled, s.Phase)
	require.NotNil(t, s.ClosedAt)
	expect("", false, f.CancelSession)
	expect("session_over", false, f.PauseSession)
	expect("session_over", false, announce("x"))
	expect("session_not_open", false, f.EndSession)
	s.ID = 99
	expect("session_not_found", false, f.PauseSession)
}

func TestPagesAndLobbyAreToldOfACommandWithItsCommit(t *testing.T) {
	f := newFair(t, 0)
	s := f.session()
	c, err := f.Pool().Acquire(t.Context())
	require.NoError(t, err)
	defer c.Release()
	_, err = c.Exec(t.Context(), `LISTEN rondo; LISTEN rondo_lobby`)
	require.NoError(t, err)
	_, _, err = f.PauseSession(t.Context(), s.ID)
	require.NoError(t, err)
	heard := map[string]string{}
	for len(heard) < 2 {
		n, err := c.Conn().WaitForNotification(t.Context())
		require.NoError(t, err)
		heard[n.Channel] = n.Payload
	}
	require.Equal(t, map[string]string{"rondo": "session-1:1", "rondo_lobby": "1"}, heard)
}
