package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

// mailed claims everybody who is owed a mail of a session, sends it, and says to whom.
func (f *fair) mailed(s store.NetworkingSession, purpose string) (people []int64) {
	f.t.Helper()
	ctx, m := f.t.Context(), store.Mailing{Subject: s.ID, Purpose: purpose}
	facts, err := f.MailFacts(ctx, m)
	require.NoError(f.t, err)
	c, ids := call(m), []int64{}
	page, err := f.ClaimPage(ctx, c, facts.Now.Add(-time.Hour), everybody(1000))
	require.NoError(f.t, err)
	for _, r := range page {
		if r.Message != 0 {
			people, ids = append(people, r.Person), append(ids, r.Message)
		}
	}
	if len(ids) > 0 {
		require.NoError(f.t, f.MarkSent(ctx, c, ids, "x"))
	}
	require.NoError(f.t, f.SessionMailed(ctx, m, *facts.Session))
	return people
}

// plan is what the workflow reads.
func (f *fair) plan(s store.NetworkingSession) store.SessionPlan {
	f.t.Helper()
	p, err := f.AdvanceSession(f.t.Context(), s.ID)
	require.NoError(f.t, err)
	return p
}

func TestInvitesGoToEveryTicketOnce(t *testing.T) {
	t.Parallel()
	f, ctx := newFair(t, 8), t.Context()
	s := f.session()
	f.tickets(6)
	_, err := f.RevokeTickets(ctx, f.event.ID, []int64{2})
	require.NoError(t, err)
	f.come(s, "removed", 3)
	f.exec(`INSERT INTO blacklist (kind, value, origin) VALUES ('address', 'p4@example.org', 'manual')`)
	require.Empty(t, f.mailed(s, "join"), "nobody has asked")
	require.False(t, f.plan(s).InvitesDue())

	asked, rings, err := f.InviteToSession(ctx, s.ID)
	require.NoError(t, err)
	require.NotNil(t, asked.InvitedAt)
	require.Equal(t, []store.Ring{{Session: s.ID, Version: 2}}, rings)
	require.True(t, f.plan(s).InvitesDue())
	require.Equal(t, []int64{1, 5, 6}, f.mailed(s, "join"))
	require.False(t, f.plan(s).InvitesDue())
	list, err := f.Messages(ctx, store.MessageFilter{Session: s.ID, State: "suppressed"}, store.Page{Limit: 9})
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "join 4 blacklisted", list[0].Purpose+" "+string(rune('0'+list[0].PersonID))+" "+list[0].Reason)
	list, err = f.Messages(ctx, store.MessageFilter{Round: s.ID}, store.Page{Limit: 9})
	require.NoError(t, err)
	require.Empty(t, list, "a round of the same number is another subject")

	s = f.at(s, "2041-06-04T09:30")
	_, err = f.RegisterTickets(ctx, f.event.ID, []store.TicketLine{{PersonID: 7, Type: "Founder"}, {PersonID: 8, Type: "Founder"}})
	require.NoError(t, err)
	require.Empty(t, f.mailed(s, "join"), "they came later, and nobody has asked again")
	s = f.at(s, "2041-06-04T10:10")
	f.tickets(2) // 2 is let in again
	_, _, err = f.InviteToSession(ctx, s.ID)
	require.NoError(t, err)
	require.Equal(t, []int64{2, 7, 8}, f.mailed(s, "join"))

	s = f.at(s, "2041-06-04T11:00")
	require.Equal(t, store.SessionEnding, s.Phase)
	_, _, err = f.InviteToSession(ctx, s.ID)
	require.Equal(t, "session_over", faultCode(err))
}

func TestInvitesAskedForWhileTheyGoOutStayDue(t *testing.T) {
	t.Parallel()
	f, ctx := newFair(t, 1), t.Context()
	s := f.session()
	_, _, err := f.InviteToSession(ctx, s.ID)
	require.NoError(t, err)
	before, err := f.MailFacts(ctx, store.Mailing{Subject: s.ID, Purpose: "join"})
	require.NoError(t, err)
	s = f.at(s, "2041-06-04T09:10")
	f.tickets(1)
	_, _, err = f.InviteToSession(ctx, s.ID)
	require.NoError(t, err)
	require.NoError(t, f.SessionMailed(ctx, store.Mailing{Subject: s.ID, Purpose: "join"}, *before.Session))
	require.True(t, f.plan(s).InvitesDue())
	require.Equal(t, []int64{1}, f.mailed(s, "join"))
	require.False(t, f.plan(s).InvitesDue())
}

func TestMatchesAreOwedToWhoMetSomebody(t *testing.T) {
	t.Parallel()
	f, ctx := newFair(t, 9), t.Context()
	f.tickets(9)
	wanted := f.sessionAt("2041-06-04T10:00", "2041-06-04T11:00")
	wanted.MailMatches = true
	s, _, err := f.CreateSession(ctx, wanted)
	require.NoError(t, err)
	s = f.at(s, "2041-06-04T10:00")
	f.come(s, "lobby", 1, 2, 3, 4, 5, 6, 7, 8, 9)
	pairs := [][2]int64{{1, 2}, {3, 4}, {5, 6}, {7, 8}, {1, 2}, {2, 8}}
	for i, pair := range pairs {
		f.exec(`INSERT INTO meetings (session_id, no, made_at, connect_by, started_at, ended_at) VALUES ($1, $2::int, now(), now(), CASE WHEN $2 <> 2 THEN now() END, now())`, s.ID, i+1)
		f.exec(`INSERT INTO meeting_members (session_id, no, person_id, waited_ms, open) SELECT $1, $2, p, 0, false FROM unnest($3::bigint[]) p`, s.ID, i+1, pair[:])
	}
	f.exec(`UPDATE networking_sessions SET meetings = $1`, len(pairs))
	f.exec(`INSERT INTO blocks (person_id, other_id) VALUES (6, 5)`)
	_, err = f.RevokeTickets(ctx, f.event.ID, []int64{8})
	require.NoError(t, err)

	s = f.at(s, "2041-06-04T11:00")
	require.Empty(t, f.mailed(s, "met"), "the last meetings go on")
	f.exec(`UPDATE networking_sessions SET met_mailed_at = NULL`)
	p, err := f.FinishSession(ctx, s.ID)
	require.NoError(t, err)
	require.True(t, p.MatchesDue())
	due, err := f.LeastChecked(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []store.Ring{{Session: s.ID, Version: p.Version}}, due, "until they are sent the workflow is missed")
	require.Equal(t, []int64{1, 2, 7}, f.mailed(s, "met"), "3 and 4 had no media, 5 and 6 do not know each other any more, 8 has no ticket, 9 met nobody")
	require.False(t, f.plan(s).MatchesDue())
	due, err = f.LeastChecked(ctx, 10)
	require.NoError(t, err)
	require.Empty(t, due)

	all, err := f.MatchesOf(ctx, s.ID, []int64{1, 2})
	require.NoError(t, err)
	require.Len(t, all[1], 1, "each person once")
	require.Equal(t, []int64{8, 1}, []int64{all[2][0].Person, all[2][1].Person}, "the latest first")
}

func TestMatchesAreNotMailedWhereNobodyWantsThem(t *testing.T) {
	t.Parallel()
	f := newFair(t, 1)
	s := f.session()
	f.exec(`UPDATE networking_sessions SET meetings = 3, phase = 'closed'`)
	require.False(t, f.plan(s).MatchesDue(), "the setting is off")
	f.exec(`UPDATE networking_sessions SET meetings = 0, mail_matches = true`)
	require.False(t, f.plan(s).MatchesDue(), "nobody met")
}

// A worker died between the claim and the call: the session's plan says when it is decided, and once more is the last time.
func TestDoubtsAboutJoinMailsAreDecided(t *testing.T) {
	t.Parallel()
	f, ctx := newFair(t, 3), t.Context()
	s := f.session()
	f.tickets(3)
	_, _, err := f.InviteToSession(ctx, s.ID)
	require.NoError(t, err)
	m := store.Mailing{Subject: s.ID, Purpose: "join"}
	dead := call(m)
	page, err := f.ClaimPage(ctx, dead, long, everybody(1000))
	require.NoError(t, err)
	require.Len(t, page, 3)
	n, err := f.AdoptMessages(ctx, m, call(m).Attempt)
	require.NoError(t, err)
	require.Equal(t, 3, n)
	doubts := f.plan(s).Doubts
	require.Len(t, doubts, 1)
	require.Equal(t, "join", doubts[0].Purpose)
	_, err = f.RevokeTickets(ctx, f.event.ID, []int64{3})
	require.NoError(t, err)

	s = f.at(s, "2041-06-04T10:30")
	again, cutoff := call(m), doubts[0].Since
	page, err = f.ClaimPage(ctx, again, cutoff, everybody(1000))
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2}, []int64{page[0].Person, page[1].Person}, "who lost their ticket is not written to again")
	ids := []int64{page[0].Message, page[1].Message}
	require.NoError(t, f.MarkUnknown(ctx, again, ids))
	require.NoError(t, f.EndDoubts(ctx, m, cutoff))
	require.Empty(t, f.plan(s).Doubts)
	page, err = f.ClaimPage(ctx, call(m), cutoff.Add(24*time.Hour), everybody(1000))
	require.NoError(t, err)
	require.Empty(t, page, "twice in doubt is not sent a third time")
	require.NoError(t, f.MarkSent(ctx, dead, ids, "late"))
	totals, err := f.MailTotals(ctx, m)
	require.NoError(t, err)
	require.Equal(t, store.MailTotals{Sent: 2, Unknown: 1}, totals)
}

// A round that is over has the session's number: the session's calls are looked after by its workflow all the same.
func TestCallsOfASessionAreNoOrphansOfARound(t *testing.T) {
	t.Parallel()
	f, ctx := newFair(t, 1), t.Context()
	s := f.session()
	f.tickets(1)
	f.exec(`INSERT INTO programs (name, color) VALUES ('Coffee', '#0072b2')`)
	f.exec(`INSERT INTO schedules (program_id, kind, anchor_wall, opt_in_wall, match_wall, timezone, every_weeks)
		VALUES (1, 'automatic', '2026-06-04 10:00', '2026-06-04 10:00', '2026-06-10 10:00', 'Europe/Paris', 1)`)
	f.exec(`INSERT INTO rounds (program_id, schedule_id, ordinal, phase, kind, participation, review, at_deadline, timezone, opens_at)
		VALUES (1, 1, 1, 'closed', 'automatic', 'ask', false, 'send', 'Europe/Paris', now())`)
	_, _, err := f.InviteToSession(ctx, s.ID)
	require.NoError(t, err)
	_, err = f.ClaimPage(ctx, call(store.Mailing{Subject: s.ID, Purpose: "join"}), long, everybody(1))
	require.NoError(t, err)
	f.exec(`UPDATE ledger SET claimed_at = now() - interval '1 hour'`)
	n, err := f.DoubtOrphans(ctx)
	require.NoError(t, err)
	require.Zero(t, n)
	f.exec(`UPDATE ledger SET claimed_at = now() - interval '2 days'`)
	n, err = f.DoubtOrphans(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.True(t, slices.ContainsFunc(f.plan(s).Doubts, func(d store.Doubt) bool { return d.Purpose == "join" }))
}
