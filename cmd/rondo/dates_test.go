package main_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/api/client"
	"rondo/workflows"
)

// Nobody is asked: everybody is matched when the date has come.
func TestAutomatic(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.importPeople(11)
	p := h.program(func(f *client.ProgramFields) {
		f.Participation, f.GroupSize = new(client.ProgramFieldsParticipationAutomatic), new(int64(3))
	})
	id := h.schedule(p, client.ScheduleFields{Timezone: zone, Match: new(h.in(8 * time.Second))})
	r := h.awaitPhase(id, client.RoundPhaseSent)
	require.Equal(t, []int64{11, 11}, []int64{r.Invited, r.OptedIn})
	require.Equal(t, []int{3, 4, 4}, sizes(h.groups(id)))
	h.requireGroupsMailed(id)
	require.Equal(t, 11, h.simulator.stats().Messages, "match mails and nothing else")
	h.requireReplays("automatic")
}

// The match date moves while answers come in: later, to the past, by somebody who has not seen the last change, to now.
func TestMoveMatchNow(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(6)
	id := h.schedule(h.program(), asking(h.in(time.Hour)))
	h.awaitAsked(id, 6)
	h.answers(id, "yes", people[1:]...)

	stale := h.tag(id)
	h.move(id, h.in(2*time.Hour))
	require.Equal(t, "stale_version", h.cannotMove(id, stale, "now"))
	require.Equal(t, "date_in_the_past", h.cannotMove(id, h.tag(id), h.in(-time.Hour)))
	await(t, patience, "the workflow waits for the later date", func() (bool, string) {
		at := h.plan(id).AnswersCloseAt
		return at.After(time.Now().Add(90 * time.Minute)), at.String()
	})

	h.move(id, "now")
	h.awaitPhase(id, client.RoundPhaseSent)
	h.requireGroupsMailed(id)
	require.Equal(t, "wrong_phase", h.cannotMove(id, h.tag(id), "now"))
	h.requireReplays("move")
}

// cannotMove says why a round does not get another match date.
func (h *house) cannotMove(round int64, tag *string, match string) string {
	h.t.Helper()
	r, err := h.client.MoveRoundWithResponse(h.t.Context(), round, &client.MoveRoundParams{IfMatch: tag}, client.MoveRoundJSONRequestBody{Match: &match})
	return refused(h.t, r, err)
}

// A cancelled round writes to nobody any more and ends its workflow; the schedule goes on with the next one.
func TestCancelWhileOpen(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(6)
	weekly := asking(h.in(time.Hour))
	weekly.EveryWeeks = new(int64(1))
	id := h.schedule(h.program(), weekly)
	h.awaitAsked(id, 6)
	h.answers(id, "yes", people[1:]...)
	page := h.link(h.awaitMail(addressOf(1), "are you in"), "a")
	h.edit(id, func(ctx context.Context, tag *string) (client.Answer, error) {
		return h.client.CancelRoundWithResponse(ctx, id, &client.CancelRoundParams{IfMatch: tag})
	})
	h.awaitPhase(id, client.RoundPhaseCancelled)
	await(t, patience, "the workflow ends", func() (bool, string) { return h.ended(workflows.RoundID(id)), "" })
	require.Contains(t, h.open(page), "does not take place")
	late, err := h.client.AnswerRoundWithResponse(t.Context(), id, nil, client.AnswerRoundInputBody{
		Answers: []client.OptInAnswer{{PersonID: people[2], Answer: "no"}},
	})
	ok(t, late, err)
	require.Equal(t, []client.RefusedAnswer{{PersonID: people[2], Reason: "too_late"}}, late.JSON200.Refused)
	require.Equal(t, 6, h.simulator.stats().Messages, "opt-in mails and nothing else")
	require.Equal(t, client.RoundPhasePlanned, h.round(h.roundOf(h.round(id).ScheduleID, 1)).Phase)
	h.requireReplays("cancel")
}

// Who joins the audience of an open round is asked too, once.
func TestJoinerIsInvited(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(4)
	id := h.schedule(h.program(func(f *client.ProgramFields) { f.Audience = new("team != guest") }), asking(h.in(time.Hour)))
	h.awaitAsked(id, 4)
	file := "email,name,team\n"
	for i, team := range []string{5: "blue", 6: "guest", 7: "red"} {
		if team != "" {
			file += fmt.Sprintf("%s,Joiner %d %s,%s\n", addressOf(i), i, surname, team)
		}
	}
	require.EqualValues(t, 3, h.importCSV(file).Created)
	h.awaitMail(addressOf(5), "are you in")
	h.awaitMail(addressOf(7), "are you in")
	h.awaitAsked(id, 6)
	require.EqualValues(t, 6, h.round(id).Invited)
	for i, want := range []int{1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 0, 7: 1} {
		require.Len(t, h.simulator.inbox(addressOf(i), ""), want, "member %d", i)
	}
	var joiner int64
	for _, m := range h.members(id) {
		if *m.Email == addressOf(7) {
			joiner = m.PersonID
		}
	}
	h.answers(id, "yes", people[1], joiner)
	h.move(id, "now")
	h.awaitPhase(id, client.RoundPhaseSent)
	h.requireGroupsMailed(id)
	h.requireReplays("joiner")
}
