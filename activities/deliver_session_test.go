package activities_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"rondo/activities/fault"
	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/workflows"
)

// fair gives everybody a ticket of an event with a session on the evening of 4 June 2040, which has the number of the round.
func (p *post) fair() {
	p.exec(`INSERT INTO live_events (name, timezone, first_day, last_day) VALUES ('Fair & more', 'Europe/Paris', '2040-06-04', '2040-06-05')`)
	p.exec(`INSERT INTO ticket_types (event_id, name) VALUES (1, 'Guest')`)
	p.exec(`INSERT INTO tickets (event_id, person_id, type_id) SELECT 1, id, 1 FROM people`)
	p.exec(`INSERT INTO networking_sessions (event_id, name, starts_wall, ends_wall, starts_at, ends_at, visible_attributes, seed)
		VALUES (1, 'Speed <networking>', '2040-06-04 18:00', '2040-06-04 19:00', '2040-06-04 18:00+02', '2040-06-04 19:00+02', '{team,office}', 1)`)
}

// invite asks for join mails and delivers them.
func (p *post) invite() workflows.Delivery {
	p.t.Helper()
	_, _, err := p.InviteToSession(p.t.Context(), 1)
	require.NoError(p.t, err)
	return p.mailSession(workflows.JoinMail)
}

func (p *post) mailSession(purpose workflows.Purpose) workflows.Delivery {
	p.t.Helper()
	got, err := p.deliverTo(workflows.DeliverInput{Session: 1, Purpose: purpose}, nil)
	require.NoError(p.t, err)
	return got
}

// opened is what the link of a session says that stands in a mail.
func (p *post) opened(m letter) mail.Link {
	p.t.Helper()
	found := regexp.MustCompile(`https://rondo\.example/n/([\w-]+)`).FindStringSubmatch(m.Text)
	require.NotEmpty(p.t, found, m.Text)
	require.Contains(p.t, m.HTML, found[0])
	link, err := p.a.Links.Verify(found[1], mail.LinkSession, time.Now())
	require.NoError(p.t, err)
	return link
}

func TestJoinMailsGoToEveryTicketOnce(t *testing.T) {
	p := setupPost(t, 4)
	p.fair()
	p.exec(`UPDATE tickets SET revoked_at = now() WHERE person_id = 2`)
	p.exec(`UPDATE people SET timezone = 'America/New_York' WHERE id = 1`)
	p.exec(`INSERT INTO blacklist (kind, value, origin) VALUES ('address', 'p4@' || $1, 'unsubscribe')`, p.domain)
	require.Zero(t, p.mailSession(workflows.JoinMail).Calls, "nobody has asked")
	require.Equal(t, workflows.Delivery{Sent: 2, Suppressed: 1, Calls: 1}, p.invite())
	require.Equal(t, map[string]int{"p1": 1, "p3": 1}, p.arrived())
	require.Equal(t, 1, p.count(`networking_sessions WHERE join_mailed_at = invited_at`))

	m := p.latest("p1")
	require.Equal(t, "Fair & more: your link to Speed <networking>", m.Subject)
	require.Contains(t, m.Text, "starts on Monday 4 June 2040 at 12:00 (EDT)")
	require.Contains(t, m.HTML, "Hello Person &lt;1&gt;")
	require.Contains(t, m.HTML, "Speed &lt;networking&gt; of Fair &amp; more")
	require.Equal(t, mail.Link{Purpose: mail.LinkSession, Round: 1, Person: 1, Expires: time.Date(2040, 7, 4, 17, 0, 0, 0, time.UTC)}, p.opened(m))
	require.Contains(t, p.latest("p3").Text, "Monday 4 June 2040 at 18:00 (CEST)", "who has no zone reads the event's")

	p.exec(`INSERT INTO people (email, name) VALUES ('late@' || $1, 'Late')`, p.domain)
	p.exec(`INSERT INTO tickets (event_id, person_id, type_id) VALUES (1, 5, 1)`)
	require.Zero(t, p.mailSession(workflows.JoinMail).Calls, "they came later")
	require.Equal(t, workflows.Delivery{Sent: 3, Suppressed: 1, Calls: 1}, p.invite())
	require.Equal(t, map[string]int{"p1": 1, "p3": 1, "late": 1}, p.arrived())

	got, err := p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.Equal(t, 3, got.Sent, "a round of the same number is another subject")
	require.Equal(t, 2, p.arrived()["p1"])
}

func TestMatchListsShowWhatTheyChoseAndConnectionsOnly(t *testing.T) {
	p := setupPost(t, 6)
	p.fair()
	p.exec(`UPDATE people SET attributes = '{"team": "R&D", "office": "Paris", "salary": "9"}' WHERE id IN (2, 3)`)
	p.exec(`UPDATE tickets SET display_name = 'Ada <script>', shown = '{team}' WHERE person_id = 2`)
	p.exec(`UPDATE people SET name = '' WHERE id = 3`)
	p.exec(`INSERT INTO attendees (session_id, person_id, state, seq) SELECT 1, id, 'lobby', 1 FROM people`)
	// 1 met 2, 3 and 4; they blocked 4. 2 asked 1 and 1 agreed; 3 asked 1. 5 and 6 had no media.
	p.exec(`INSERT INTO meetings (session_id, no, made_at, connect_by, started_at, ended_at) SELECT 1, no, now(), now(), CASE WHEN no < 4 THEN now() END, now() FROM generate_series(1, 4) no`)
	p.exec(`INSERT INTO meeting_members (session_id, no, person_id, waited_ms, open)
		VALUES (1, 1, 1, 0, false), (1, 1, 2, 0, false), (1, 2, 1, 0, false), (1, 2, 3, 0, false), (1, 3, 1, 0, false), (1, 3, 4, 0, false), (1, 4, 5, 0, false), (1, 4, 6, 0, false)`)
	p.exec(`INSERT INTO connections (a, b, asked_by, session_id, no, accepted_at) VALUES (1, 2, 2, 1, 1, now()), (1, 3, 3, 1, 2, NULL)`)
	p.exec(`INSERT INTO blocks (person_id, other_id) VALUES (1, 4)`)
	p.exec(`UPDATE networking_sessions SET meetings = 4`)
	require.Zero(t, p.mailSession(workflows.MetMail).Calls, "the session is not closed")
	p.exec(`UPDATE networking_sessions SET phase = 'closed', met_mailed_at = NULL`)
	require.Equal(t, workflows.Delivery{Sent: 3, Calls: 1}, p.mailSession(workflows.MetMail))
	require.Equal(t, each(3, 1), p.arrived())
	require.Equal(t, 1, p.count(`networking_sessions WHERE met_mailed_at IS NOT NULL`))

	m := p.latest("p1")
	require.Equal(t, "Fair & more: whom you met", m.Subject)
	require.Contains(t, m.Text, "\nSomebody\n  office: Paris\n  team: R&D\n\nAda <script> <p2@"+p.domain+">\n  team: R&D\n\n", "the latest first")
	require.Contains(t, m.HTML, "<strong>Ada &lt;script&gt;</strong>")
	require.Contains(t, m.HTML, "team: R&amp;D")
	for _, hidden := range []string{"p3@" + p.domain, "p4@" + p.domain, "Person <4>", "salary", "<script>"} {
		require.NotContains(t, m.HTML, hidden)
		require.False(t, hidden != "<script>" && strings.Contains(m.Text, hidden), hidden)
	}
	require.Contains(t, m.HTML, "View matches")
	require.Equal(t, int64(1), p.opened(m).Person)
	require.Contains(t, p.latest("p2").Text, "\nPerson <1> <p1@"+p.domain+">\n")
	require.Contains(t, p.latest("p3").Text, "\nPerson <1>\n")
	require.NotContains(t, p.latest("p3").Text, "p1@")
	require.Zero(t, p.mailSession(workflows.MetMail).Calls)
}

// The claim was committed and the worker killed; later a call is accepted and not answered.
func TestJoinMailsInDoubtAreSentOnceMore(t *testing.T) {
	p := setupPost(t, 30)
	p.fair()
	ctx := t.Context()
	_, _, err := p.InviteToSession(ctx, 1)
	require.NoError(t, err)
	_, err = p.ClaimPage(ctx, store.Call{ID: uuid.NewString(), Attempt: uuid.NewString(), Mailing: store.Mailing{Subject: 1, Purpose: "join"}},
		time.Now(), &store.Stretch{Until: store.Place{Person: 3}, Page: 1000})
	require.NoError(t, err)
	got := p.mailSession(workflows.JoinMail)
	require.Equal(t, []int{27, 3}, []int{got.Sent, got.Unknown})
	require.WithinDuration(t, time.Now().Add(time.Hour), got.DoubtAt, 10*time.Second)
	require.Len(t, p.arrived(), 27)
	plan, err := p.a.AdvanceSession(ctx, workflows.Ref{ID: 1})
	require.NoError(t, err)
	require.Equal(t, workflows.JoinMail, plan.Doubtful)
	require.WithinDuration(t, got.DoubtAt, plan.DoubtAt, time.Millisecond)
	require.False(t, plan.Invites)

	p.a.UnknownAfter = 0
	p.connect(p.provider.URL, time.Second)
	p.fault = func(_ http.ResponseWriter, r *http.Request, _ []byte, forward func()) bool {
		forward()
		<-r.Context().Done()
		return true
	}
	got = p.mailSession(workflows.JoinMail)
	require.Equal(t, []int{27, 3}, []int{got.Sent, got.Unknown})
	require.Equal(t, each(30, 1), p.arrived())
	p.fault = nil
	got = p.mailSession(workflows.JoinMail)
	require.Zero(t, got.Calls, "twice in doubt is not sent a third time")
	require.True(t, got.DoubtAt.IsZero())
	require.Equal(t, 3, p.count(`messages WHERE purpose = 'join' AND resends = 1 AND state = 'unknown'`))
}

func TestASessionThatHasEndedGetsNoMoreJoinMail(t *testing.T) {
	p := setupPost(t, 2)
	p.fair()
	p.exec(`UPDATE networking_sessions SET invited_at = now(), phase = 'ending'`)
	require.Zero(t, p.mailSession(workflows.JoinMail))
	require.Empty(t, p.arrived())
}

func TestRoundsAndSessionsHaveTheirOwnMails(t *testing.T) {
	p := setupPost(t, 1)
	p.fair()
	for _, in := range []workflows.DeliverInput{{Round: 1, Purpose: workflows.JoinMail}, {Session: 1, Purpose: workflows.OptInMail}, {Round: 1, Purpose: workflows.StepMail}} {
		_, err := p.a.Deliver(t.Context(), in)
		require.Equal(t, "purpose_unknown", fault.From(err).Code)
	}
}
