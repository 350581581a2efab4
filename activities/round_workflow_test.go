package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"rondo/activities/calendar"
	"rondo/workflows"
)

const hour, day = time.Hour, 24 * time.Hour

func TestRoundAsksMatchesAndChecksIn(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 10)
	v.at(6*hour, func() {
		require.Equal(t, "open", v.phase())
		require.Equal(t, map[string]int{"opt_in": 10}, v.mailed())
		v.answer("yes", 1, 2, 3, 4, 5)
		v.answer("no", 6)
	})
	v.at(2*day+hour, func() {
		require.Equal(t, map[string]int{"opt_in": 10, "reminder": 4}, v.mailed())
		v.answer("yes", 6) // changed mind
	})
	v.at(3*day+hour, func() {
		require.Equal(t, "sent", v.phase())
		require.Equal(t, map[string]int{"opt_in": 10, "reminder": 4, "match": 6}, v.mailed())
	})
	v.sail()
	require.Equal(t, "closed", v.phase())
	require.Equal(t, map[string]int{"opt_in": 10, "reminder": 4, "match": 6, "check_in": 6}, v.mailed())
	require.Equal(t, 13, v.days(), "check-in after six days, closed a week later")
}

func TestRoundWithReviewSendsAtItsDeadline(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 4)
	v.exec(`UPDATE rounds SET review = true, answers_close_at = match_at - interval '1 day', remind_at = match_at - interval '2 days'`)
	v.at(2*hour, func() { v.answer("yes", 1, 2, 3, 4) })
	v.at(2*day+hour, func() { require.Equal(t, "review", v.phase()) })
	v.at(3*day-hour, func() {
		require.Equal(t, "review", v.phase())
		require.Zero(t, v.mailed()["match"])
	})
	v.at(3*day+hour, func() { require.Equal(t, map[string]int{"opt_in": 4, "match": 4}, v.mailed()) })
	v.sail()
	require.Equal(t, "closed", v.phase())
}

func TestRoundHoldsUntilItIsApproved(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 4)
	v.exec(`UPDATE rounds SET review = true, at_deadline = 'hold', answers_close_at = match_at - interval '1 day', remind_at = NULL`)
	v.at(2*hour, func() { v.answer("yes", 1, 2) })
	v.at(5*day, func() {
		require.Equal(t, "review", v.phase())
		require.Zero(t, v.mailed()["match"])
		_, err := v.ApproveRound(context.Background(), v.round, v.int(`SELECT version FROM rounds`))
		require.NoError(t, err)
		v.ring()
	})
	v.at(5*day+hour, func() { require.Equal(t, 2, v.mailed()["match"]) })
	v.sail()
}

func TestRoundOfAutomaticParticipation(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 5)
	v.exec(`UPDATE rounds SET participation = 'automatic', opens_at = match_at, answers_close_at = NULL, remind_at = NULL`)
	v.sail()
	require.Equal(t, map[string]int{"match": 5, "check_in": 5}, v.mailed(), "a pair and a trio, and nobody was asked")
	require.Equal(t, 13, v.days())
}

func TestRoundReviewedFirstWaitsForItsDate(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 6)
	v.exec(`UPDATE schedules SET kind = 'review_first', review = true, opt_in_wall = NULL, match_wall = NULL`)
	v.exec(`UPDATE rounds SET kind = 'review_first', review = true, opens_at = now(), opt_in_wall = NULL, match_wall = NULL,
		answers_close_at = NULL, remind_at = NULL, match_at = NULL, check_in_at = NULL`)
	v.at(30*day, func() {
		require.Equal(t, "review", v.phase(), "undated for as long as it takes")
		// Dates are set by the clocks of people, and these have not skipped.
		match := calendar.WallOf(time.Now().Add(2*hour), zone(t, "Europe/Paris"))
		_, err := v.MoveRound(context.Background(), v.round, v.int(`SELECT version FROM rounds`), calendar.Dates{Match: match}, time.Now())
		require.NoError(t, err)
		v.ring()
	})
	v.at(30*day+hour, func() { require.Equal(t, "review", v.phase()) })
	v.sail()
	require.Equal(t, map[string]int{"match": 6, "check_in": 6}, v.mailed())
}

func TestRoundThatFiresLate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, set string
		late      string // what the row lies back when a worker comes up at last
		phase     string
		mailed    map[string]int
		done      []string
	}{
		{
			"late opening, time to answer is left", ``, `2 days 12 hours`, "closed",
			map[string]int{"opt_in": 3, "reminder": 3},
			[]string{"LoadRound", "OpenRound", "Deliver opt_in", "LoadRound", "Deliver reminder", "LoadRound", "CloseAnswers"},
		},
		{"nobody could answer any more", ``, `3 days 1 hour`, "skipped", map[string]int{}, []string{"LoadRound", "OpenRound"}},
		{
			"the reminder is dropped when answers have closed", `phase = 'open', opened_at = opens_at`, `3 days 1 hour`, "closed",
			map[string]int{},
			[]string{"LoadRound", "CloseAnswers", "MatchRound", "FreezeRound"},
		},
		{
			"nobody is asked: the match goes out late", `participation = 'automatic', opens_at = match_at, answers_close_at = NULL, remind_at = NULL`,
			`5 days`, "closed",
			map[string]int{"match": 3, "check_in": 3},
			[]string{"LoadRound", "OpenRound", "MatchRound", "FreezeRound"},
		},
		{
			"the check-in goes out late", `phase = 'sent', sent_at = match_at`, `20 days`, "closed",
			map[string]int{},
			[]string{"LoadRound", "Deliver check_in", "LoadRound", "CloseRound"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := setupVoyage(t, 3)
			if c.set != "" {
				v.exec(`UPDATE rounds SET ` + c.set)
			}
			v.exec(`UPDATE rounds SET opens_at = opens_at - $1::interval, remind_at = remind_at - $1::interval, match_at = match_at - $1::interval,
				answers_close_at = answers_close_at - $1::interval, check_in_at = check_in_at - $1::interval`, c.late)
			v.sail()
			require.Equal(t, c.phase, v.phase())
			require.Equal(t, c.mailed, v.mailed())
			require.Equal(t, c.done, v.done[:len(c.done)])
		})
	}
}

func TestMatchDateMovesWhileOpen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		to        time.Duration // from the move, a day after the start
		reminders int
	}{
		{"earlier", 12 * hour, 0},
		{"later", 8 * day, 1},
		{"now", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := setupVoyage(t, 3)
			v.at(day, func() {
				v.answer("yes", 1, 2)
				match := calendar.WallOf(time.Now().Add(c.to), zone(t, "Europe/Paris"))
				_, err := v.MoveRound(context.Background(), v.round, v.int(`SELECT version FROM rounds`), calendar.Dates{Match: match}, time.Now())
				require.NoError(t, err)
				v.ring()
			})
			v.at(day+c.to-5*time.Minute, func() { require.NotEqual(t, "sent", v.phase()) })
			v.at(day+c.to+5*time.Minute, func() { require.Equal(t, "sent", v.phase()) })
			v.sail()
			require.Equal(t, map[string]int{"opt_in": 3, "reminder": c.reminders, "match": 2, "check_in": 2}, withZero(v.mailed(), "reminder"))
		})
	}
}

func TestJoinersOfAnOpenRound(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 3)
	v.exec(`UPDATE people SET snoozed_until = now() + interval '1 day' WHERE id = 3`)
	v.at(4*hour, func() {
		require.Equal(t, map[string]int{"opt_in": 2}, v.mailed())
		v.exec(`INSERT INTO people (email) VALUES ('joiner@example.com')`)
		v.exec(`UPDATE rounds SET audience_due = true`)
		v.ring()
	})
	v.at(5*hour, func() { require.Equal(t, map[string]int{"opt_in": 3}, v.mailed()) })
	v.at(day+hour, func() {
		require.Equal(t, map[string]int{"opt_in": 4}, v.mailed(), "who woke is invited without a bell")
	})
	v.sail()
}

func TestAnswersBySignal(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 4)
	v.at(2*hour, func() {
		batch := workflows.Answers{Answers: []workflows.Answer{
			{PersonID: 1, Answer: "yes", Key: "1"}, {PersonID: 2, Answer: "yes", Key: "2"}, {PersonID: 99, Answer: "yes", Key: "99"},
		}}
		v.env.SignalWorkflow(workflows.AnswersSignal, batch)
		v.env.SignalWorkflow(workflows.AnswersSignal, batch)
		v.env.SignalWorkflow(workflows.AnswersSignal, workflows.Answers{Answers: make([]workflows.Answer, workflows.MaxAnswers+1)}) // refused as a whole
	})
	v.at(3*hour, func() {
		require.EqualValues(t, 2, v.int(`SELECT opted_in FROM round_counts`))
		require.EqualValues(t, 2, v.int(`SELECT count(*) FROM answer_keys`))
	})
	v.sail()
	require.Equal(t, 2, v.mailed()["match"])
}

func TestDeclineAfterMatchingRepairsTheRound(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 5)
	v.exec(`UPDATE rounds SET review = true, answers_close_at = match_at - interval '1 day', remind_at = NULL`)
	v.at(2*hour, func() { v.answer("yes", 1, 2, 3, 4, 5) })
	v.at(2*day+hour, func() {
		v.answer("no", 1)
		v.ring()
	})
	v.at(2*day+2*hour, func() {
		require.EqualValues(t, 1, v.int(`SELECT count(*) FROM round_edits WHERE kind = 'repair'`))
		require.EqualValues(t, 4, v.int(`SELECT count(*) FROM group_members`))
	})
	v.sail()
	require.Equal(t, 4, v.mailed()["match"])
}

func TestMessagesInDoubtGoOutOnceMore(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 3)
	v.at(4*hour, func() {
		v.exec(`UPDATE ledger SET state = 'unknown', unknown_at = now() WHERE person_id = 2`)
		v.ring()
	})
	v.at(9*hour, func() { require.Equal(t, map[string]int{"opt_in": 2}, v.mailed()) })
	v.at(11*hour, func() { require.Equal(t, map[string]int{"opt_in": 3}, v.mailed()) })
	v.sail()
	require.EqualValues(t, 1, v.int(`SELECT sum(resends) FROM messages`))
}

func TestCancelledRoundEnds(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 2)
	v.at(day, func() {
		_, err := v.CancelRound(context.Background(), v.round, v.int(`SELECT version FROM rounds`))
		require.NoError(t, err)
		v.ring()
	})
	v.sail()
	require.Equal(t, "cancelled", v.phase())
	require.Equal(t, 1, v.days())
}

// Rules that contradict each other stop nobody for good: the round says so, waits, and goes on when they are mended.
func TestStuckRoundGoesOnWhenItsProgramIsMended(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 4)
	v.exec(`UPDATE programs SET rules = '[{"kind":"same","attribute":"team","hard":true},{"kind":"different","attribute":"team","hard":true}]'`)
	v.at(2*hour, func() { v.answer("yes", 1, 2, 3, 4) })
	v.at(3*day+hour/2, func() { require.Equal(t, "matching", v.phase()) })
	v.at(3*day+3*hour, func() {
		require.Equal(t, "matching", v.phase())
		v.exec(`UPDATE programs SET rules = '[]'`)
		v.ring()
	})
	v.at(3*day+3*hour+time.Minute, func() { require.Equal(t, "sent", v.phase()) })
	v.sail()
}

// A delivery that cannot work keeps the round where it is: nobody is forgotten.
func TestStuckDeliveryIsNotSkipped(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 2)
	v.at(2*hour, func() {
		v.answer("yes", 1, 2)
		v.exec(`UPDATE programs SET texts = '{"match": {"subject": "{{ nobody.knows", "body": ""}}'`)
	})
	v.at(3*day+3*hour, func() {
		require.Equal(t, "sending", v.phase())
		v.env.SignalWorkflow(workflows.AnswersSignal, workflows.Answers{Answers: []workflows.Answer{{PersonID: 1, Answer: "no", Key: "late"}}})
	})
	v.at(3*day+4*hour, func() {
		require.Contains(t, v.done[len(v.done)-4:], "StoreAnswers", "signals are taken while it is stuck")
		v.exec(`UPDATE programs SET texts = '{}'`)
	})
	v.sail()
	require.Equal(t, 2, v.mailed()["match"], "an hour later by itself")
	require.Equal(t, "closed", v.phase())
}

func TestRoundContinuesAsNew(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 2)
	v.at(2*hour, func() {
		v.env.SetContinueAsNewSuggested(true)
		for _, key := range []string{"a", "b", "c"} {
			v.env.SignalWorkflow(workflows.AnswersSignal, workflows.Answers{Answers: []workflows.Answer{{PersonID: 1, Answer: "yes", Key: key}}})
		}
	})
	v.env.ExecuteWorkflow(workflows.RoundWorkflow, workflows.Ref{ID: v.round})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, v.env.GetWorkflowError(), &again)
	require.Equal(t, workflows.RoundWorkflow, again.WorkflowType.Name)
	require.EqualValues(t, 3, v.int(`SELECT count(*) FROM answer_keys`), "no signal is left behind")
}

func TestScheduleKeepsOneRoundAhead(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 0)
	v.exec(`DELETE FROM rounds`)
	v.exec(`UPDATE schedules SET max_rounds = 3`)
	schedule := v.int(`SELECT id FROM schedules`)
	v.env.ExecuteWorkflow(workflows.ScheduleWorkflow, workflows.Ref{ID: schedule})
	require.True(t, v.env.IsWorkflowCompleted())
	require.NoError(t, v.env.GetWorkflowError())
	require.EqualValues(t, 3, v.int(`SELECT count(*) FROM rounds WHERE phase = 'planned'`))
	require.Len(t, v.rung.ids, 3)
	require.EqualValues(t, 1, v.int(`SELECT count(*) FROM schedules WHERE ended_at IS NOT NULL`))
}

func TestScheduleWaitsForAMend(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 0)
	v.exec(`DELETE FROM rounds`)
	v.exec(`UPDATE schedules SET max_rounds = 1, opt_in_wall = NULL`)
	v.at(9*day, func() {
		require.Zero(t, v.int(`SELECT count(*) FROM rounds`))
		v.exec(`UPDATE programs SET participation = 'automatic'`)
		v.ring()
	})
	v.env.ExecuteWorkflow(workflows.ScheduleWorkflow, workflows.Ref{ID: v.int(`SELECT id FROM schedules`)})
	require.NoError(t, v.env.GetWorkflowError())
	require.EqualValues(t, 1, v.int(`SELECT count(*) FROM rounds`))
}

func withZero(m map[string]int, key string) map[string]int {
	m[key] += 0
	return m
}

func zone(t *testing.T, name string) *time.Location {
	loc, err := calendar.Zone(name)
	require.NoError(t, err)
	return loc
}
