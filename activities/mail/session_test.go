package mail

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/workflows"
)

// sessionMail is what a reader gets.
func sessionMail(t *testing.T, p workflows.Purpose, r *Reader) Message {
	t.Helper()
	links, err := NewLinks(make([]byte, 32), "https://rondo.example")
	require.NoError(t, err)
	tmpl, err := Compile(Occasion{
		Purpose: p, Session: 3, EventName: "Fair & more", SessionName: "Speed <networking>", StartsAt: time.Date(2026, 6, 4, 8, 0, 0, 0, time.UTC),
		Zone: "Europe/Paris", Expires: time.Date(2026, 7, 4, 8, 0, 0, 0, time.UTC), Links: links,
	}, Default(p, ""), nil)
	require.NoError(t, err)
	m, err := tmpl.Render(r)
	require.NoError(t, err)
	for name, s := range map[string]string{"text": m.Text, "html": m.HTML} {
		require.Contains(t, s, links.SessionURL(3, r.Person.ID, time.Date(2026, 7, 4, 8, 0, 0, 0, time.UTC)), name)
		require.Contains(t, s, "/u/", name+" has an unsubscribe link")
		require.NotContains(t, s, "{{", name)
		require.NotContains(t, s, "{%", name)
	}
	require.Contains(t, m.HTML, "Fair &amp; more")
	require.Contains(t, m.HTML, "Speed &lt;networking&gt;")
	require.NotContains(t, m.HTML, "Grace <b>")
	return m
}

func TestJoinMail(t *testing.T) {
	r := grace()
	m := sessionMail(t, workflows.JoinMail, r)
	require.Equal(t, "Fair & more: your link to Speed <networking>", m.Subject)
	require.Contains(t, m.Text, "Thursday 4 June 2026 at 04:00 (EDT)")
	require.Contains(t, m.HTML, "Thursday 4 June 2026 at 04:00 (EDT)")
	r = grace()
	r.Person.Timezone = ""
	require.Contains(t, sessionMail(t, workflows.JoinMail, r).Text, "Thursday 4 June 2026 at 10:00 (CEST)")
}

func TestMetMailShowsTheAddressesThatAreKnown(t *testing.T) {
	r := grace()
	r.Others = []*Person{
		{ID: 8, Name: "Ada <i>", Email: "ada@example.org", Attributes: json.RawMessage(`{"team":"R&D"}`)},
		{ID: 9, Name: "Joan"},
	}
	m := sessionMail(t, workflows.MetMail, r)
	require.Equal(t, "Fair & more: whom you met", m.Subject)
	require.Contains(t, m.Text, "\nAda <i> <ada@example.org>\n  team: R&D\n\nJoan\n\n")
	require.Contains(t, m.HTML, "<strong>Ada &lt;i&gt;</strong><br><a href=\"mailto:ada@example.org\"")
	require.Contains(t, m.HTML, "team: R&amp;D")
	require.Contains(t, m.HTML, "<strong>Joan</strong></div>")
}

func TestProgramsHaveNoTextsOfSessions(t *testing.T) {
	for _, p := range SessionPurposes {
		require.NotContains(t, Purposes, p)
	}
	for _, p := range Purposes {
		for _, v := range Variables(p) {
			require.NotContains(t, []string{"event.name", "session.name", "session.starts", "links.session"}, v.Name)
		}
	}
}
