package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

// ticketOf is the type and validity of somebody's ticket.
func (f *fair) ticketOf(person int64) string {
	f.t.Helper()
	list, err := f.Tickets(f.t.Context(), f.event.ID, store.TicketFilter{}, store.Page{Limit: 99})
	require.NoError(f.t, err)
	for _, t := range list {
		if t.PersonID == person {
			return fmt.Sprint(t.Type, " ", t.RevokedAt == nil)
		}
	}
	return ""
}

func TestBotIsAnAttendeeToWhomNobodyWrites(t *testing.T) {
	t.Parallel()
	f, ctx := newFair(t, 1), t.Context()
	f.tickets(1)
	s := f.session()
	require.False(t, s.Bot)
	require.Nil(t, s.BotID)
	_, _, err := f.AddBot(ctx, s.ID, "Sponsor")
	require.Equal(t, "ticket_type_not_found", faultCode(err))
	_, _, err = f.AddBot(ctx, 99, "")
	require.Equal(t, "session_not_found", faultCode(err))

	s, rings, err := f.AddBot(ctx, s.ID, "")
	require.NoError(t, err)
	require.True(t, s.Bot)
	require.Equal(t, []store.Ring{{Session: s.ID, Version: 2}}, rings)
	bot := *s.BotID
	require.Equal(t, "Founder true", f.ticketOf(bot), "the first type of the event")
	p, err := f.Person(ctx, bot)
	require.NoError(t, err)
	require.Equal(t, "Test partner (bot) inactive admin", fmt.Sprint(p.Name, " ", p.Status, " ", p.InactiveReason))
	require.Regexp(t, `^bot-1-[0-9a-f]{8}@bot\.invalid$`, p.Email)
	address, err := store.Address("email", p.Email)
	require.NoError(t, err)
	require.Equal(t, p.Email, address)
	_, _, err = f.ReactivatePerson(ctx, bot)
	require.Equal(t, "person_is_bot", faultCode(err))

	_, rings, err = f.AddBot(ctx, s.ID, "Founder")
	require.NoError(t, err)
	require.Empty(t, rings, "it has that already")
	s, _, err = f.AddBot(ctx, s.ID, "Investor")
	require.NoError(t, err)
	require.Equal(t, bot, *s.BotID)
	require.Equal(t, "Investor true", f.ticketOf(bot))

	guests, err := f.SessionGuests(ctx, s.ID, store.Page{Limit: 9})
	require.NoError(t, err)
	require.Len(t, guests, 1, "a bot needs no link")
	_, err = f.SessionGuest(ctx, s.ID, bot)
	require.Equal(t, "ticket_not_found", faultCode(err))
	_, _, err = f.InviteToSession(ctx, s.ID)
	require.NoError(t, err)
	require.Equal(t, []int64{1}, f.mailed(s, "join"))
	list, err := f.Messages(ctx, store.MessageFilter{}, store.Page{Limit: 9})
	require.NoError(t, err)
	require.Len(t, list, 1, "not even a suppressed one is listed")
}

func TestBotComesAndGoes(t *testing.T) {
	t.Parallel()
	f, ctx := newFair(t, 2), t.Context()
	s := f.session()
	other := f.session()
	_, _, err := f.RemoveBot(ctx, s.ID)
	require.NoError(t, err, "there is none")
	s, _, err = f.AddBot(ctx, s.ID, "")
	require.NoError(t, err)
	bot := *s.BotID
	second, _, err := f.AddBot(ctx, other.ID, "")
	require.NoError(t, err)
	require.NotEqual(t, bot, *second.BotID, "each session has its own")

	s = f.at(s, "2041-06-04T10:00")
	require.True(t, s.Bot, "its workflow reads that")
	s, rings, err := f.RemoveBot(ctx, s.ID)
	require.NoError(t, err)
	require.False(t, s.Bot)
	require.Equal(t, bot, *s.BotID, "who it was is still known")
	require.Len(t, rings, 1)
	require.Contains(t, f.asked(s), fmt.Sprintf("revoked %d 0 0", bot))
	_, rings, err = f.RemoveBot(ctx, s.ID)
	require.NoError(t, err)
	require.Empty(t, rings)
	look, err := f.BotLook(ctx, s.ID, 0)
	require.NoError(t, err)
	require.Equal(t, store.BotLook{Version: s.Version, Phase: "open", Pairs: true, Waiting: []int64{}, Asking: []int64{}}, look)

	s, _, err = f.AddBot(ctx, s.ID, "")
	require.NoError(t, err)
	require.True(t, s.Bot)
	require.Equal(t, bot, *s.BotID)
	require.NoError(t, f.EnterSession(ctx, store.SessionAction{Session: s.ID, Person: bot, Key: "k", Kind: "enter"}))

	f.come(s, "removed", bot)
	s, err = f.Session(ctx, s.ID)
	require.NoError(t, err)
	require.False(t, s.Bot)
	_, _, err = f.AddBot(ctx, s.ID, "")
	require.Equal(t, "removed", faultCode(err))

	key, err := store.NewErasureKey([]byte(strings.Repeat("x", 32)))
	require.NoError(t, err)
	_, _, err = f.ErasePerson(ctx, key, *second.BotID)
	require.NoError(t, err)
	second, err = f.Session(ctx, other.ID)
	require.NoError(t, err)
	require.False(t, second.Bot)
	again, _, err := f.AddBot(ctx, other.ID, "")
	require.NoError(t, err)
	require.True(t, again.Bot)
	require.NotEqual(t, *second.BotID, *again.BotID)

	f.at(f.at(other, "2041-06-04T10:30"), "2041-06-04T11:00")
	_, _, err = f.AddBot(ctx, other.ID, "")
	require.Equal(t, "session_over", faultCode(err))
	_, _, err = f.RemoveBot(ctx, other.ID)
	require.NoError(t, err, "the last meetings go on, and one may be its")
	_, err = f.FinishSession(ctx, other.ID)
	require.NoError(t, err)
	_, _, err = f.RemoveBot(ctx, other.ID)
	require.Equal(t, "session_over", faultCode(err))
}

func TestBotSeesWhoNeedsIt(t *testing.T) {
	t.Parallel()
	f, ctx := newFair(t, 4), t.Context()
	f.tickets(4)
	s := f.at(f.session(), "2041-06-04T10:00")
	s, _, err := f.AddBot(ctx, s.ID, "")
	require.NoError(t, err)
	bot := *s.BotID
	f.come(s, "ready", 1, 2, bot)
	f.come(s, "lobby", 3)
	f.exec(`UPDATE attendees SET ready_at = now() - person_id * interval '1 s' WHERE state = 'ready'`)
	f.exec(`INSERT INTO connections (a, b, asked_by, session_id, no, asked_at, accepted_at) VALUES
		(1, $2, 1, $1, 1, now() - interval '2 s', NULL), (2, $2, 2, $1, 2, now() - interval '1 s', NULL),
		(3, $2, 3, $1, 3, now() - interval '9 s', now()), (1, 2, 1, $1, 4, now() - interval '9 s', NULL)`, s.ID, bot)
	look, err := f.BotLook(ctx, s.ID, 1500*time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, store.BotLook{Version: s.Version, Phase: "open", Bot: bot, Pairs: true, Waiting: []int64{2, 1}, Asking: []int64{1}}, look)
	s, _, err = f.PauseSession(ctx, s.ID)
	require.NoError(t, err)
	look, err = f.BotLook(ctx, s.ID, 0)
	require.NoError(t, err)
	require.False(t, look.Pairs)
	_, err = f.BotLook(ctx, 99, 0)
	require.Equal(t, "session_not_found", faultCode(err))
}

func TestReportLeavesTheBotOut(t *testing.T) {
	t.Parallel()
	f, ctx := newFair(t, 7), t.Context()
	s := held(f)
	before, err := f.SessionReport(ctx, s.ID)
	require.NoError(t, err)
	s, _, err = f.AddBot(ctx, s.ID, "")
	require.NoError(t, err)
	elsewhere := f.session()
	_, _, err = f.AddBot(ctx, elsewhere.ID, "")
	require.NoError(t, err)
	bot := *s.BotID
	f.come(s, "lobby", bot)
	f.exec(`INSERT INTO meetings (session_id, no, made_at, connect_by, started_at, ends_at, ended_at, reason, extended, forced, relaxed)
		SELECT $1, no, now() - interval '9 min', now(), now() - interval '9 min', now(), now(), 'left', true, false, '{repeat}' FROM generate_series(4, 5) no`, s.ID)
	f.exec(`INSERT INTO meeting_members (session_id, no, person_id, waited_ms, open) SELECT $1, no, p, 99000, false FROM generate_series(4, 5) no, unnest(ARRAY[4, $2]) p`, s.ID, bot)
	f.exec(`INSERT INTO connections (a, b, asked_by, session_id, no, accepted_at) VALUES (4, $2, 4, $1, 4, now())`, s.ID, bot)
	after, err := f.SessionReport(ctx, s.ID)
	require.NoError(t, err)
	require.Equal(t, before, after, "whoever met only the bot has met nobody")
}
