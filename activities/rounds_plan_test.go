package activities

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
	"rondo/workflows"
)

func TestPlanOf(t *testing.T) {
	now := time.Date(2026, 6, 4, 8, 0, 0, 0, time.UTC)
	in := func(d time.Duration) *time.Time { at := now.Add(d).In(time.FixedZone("", 3600)); return &at }
	row := func(phase string, change func(*store.RoundState)) store.RoundState {
		s := store.RoundState{Round: store.Round{
			ID: 7, ProgramID: 3, Phase: phase, Kind: "automatic", Participation: "ask", AtDeadline: "send", Version: 5,
			OpensAt: now, RemindAt: in(24 * time.Hour), AnswersCloseAt: in(48 * time.Hour), MatchAt: in(72 * time.Hour), CheckInAt: in(144 * time.Hour),
		}, Reminder: true, Now: now}
		if change != nil {
			change(&s)
		}
		return s
	}
	plan := func(phase workflows.Phase, change func(*workflows.Plan)) workflows.Plan {
		p := workflows.Plan{Version: 5, Program: 3, Phase: phase}
		if change != nil {
			change(&p)
		}
		return p
	}
	open := func(change func(*workflows.Plan)) workflows.Plan {
		return plan(workflows.Open, func(p *workflows.Plan) {
			p.RemindAt, p.AnswersCloseAt = now.Add(24*time.Hour), now.Add(48*time.Hour)
			if change != nil {
				change(p)
			}
		})
	}
	for _, c := range []struct {
		name string
		row  store.RoundState
		want workflows.Plan
	}{
		{"planned", row("planned", nil), plan(workflows.Planned, func(p *workflows.Plan) { p.OpensAt = now })},
		{"open", row("open", nil), open(nil)},
		{"opt-ins owed", row("open", func(s *store.RoundState) { s.InvitesDue = true }), open(func(p *workflows.Plan) { p.Invites = true })},
		{"no reminder wanted", row("open", func(s *store.RoundState) { s.Reminder = false }), open(func(p *workflows.Plan) { p.RemindAt = time.Time{} })},
		{"reminded", row("open", func(s *store.RoundState) { s.RemindedAt = in(0) }), open(func(p *workflows.Plan) { p.RemindAt = time.Time{} })},
		{
			"people changed, looked long ago",
			row("open", func(s *store.RoundState) { s.AudienceDue, s.LookedAt = true, in(-time.Hour) }),
			open(func(p *workflows.Plan) { p.JoinersAt = now }),
		},
		{
			"people changed, looked just now",
			row("open", func(s *store.RoundState) { s.AudienceDue, s.LookedAt = true, in(-5*time.Second) }),
			open(func(p *workflows.Plan) { p.JoinersAt = now.Add(10 * time.Second) }),
		},
		{
			"somebody wakes",
			row("open", func(s *store.RoundState) { s.SnoozedTo = in(time.Minute) }),
			open(func(p *workflows.Plan) { p.JoinersAt = now.Add(15 * time.Minute) }),
		},
		{
			"somebody wakes on the quarter",
			row("open", func(s *store.RoundState) { s.SnoozedTo = in(15 * time.Minute) }),
			open(func(p *workflows.Plan) { p.JoinersAt = now.Add(15 * time.Minute) }),
		},
		{
			"opt-ins in doubt",
			row("open", func(s *store.RoundState) {
				s.Doubts = []store.Doubt{{Purpose: "opt_in", Since: *in(-time.Hour)}, {Purpose: "reminder", Since: *in(0)}}
			}),
			open(func(p *workflows.Plan) { p.DoubtAt, p.Doubtful = now.Add(5*time.Hour), workflows.OptInMail }),
		},
		{"matching", row("matching", nil), plan(workflows.Matching, nil)},
		{"review", row("review", nil), plan(workflows.Review, func(p *workflows.Plan) { p.MatchAt = now.Add(72 * time.Hour) })},
		{"undated review", row("review", func(s *store.RoundState) { s.MatchAt = nil }), plan(workflows.Review, nil)},
		{
			"held review", row("review", func(s *store.RoundState) { s.AtDeadline = "hold" }),
			plan(workflows.Review, func(p *workflows.Plan) { p.Hold, p.MatchAt = true, now.Add(72*time.Hour) }),
		},
		{
			"ready, and somebody left", row("ready", func(s *store.RoundState) { s.RepairDue = true }),
			plan(workflows.Ready, func(p *workflows.Plan) { p.Repair, p.MatchAt = true, now.Add(72*time.Hour) }),
		},
		{"sending", row("sending", nil), plan(workflows.Sending, nil)},
		{"sent", row("sent", nil), plan(workflows.Sent, func(p *workflows.Plan) { p.CheckInAt = now.Add(144 * time.Hour) })},
		{
			"checked in", row("sent", func(s *store.RoundState) { s.CheckedInAt = in(0) }),
			plan(workflows.Sent, func(p *workflows.Plan) { p.ClosesAt = now.Add(7 * 24 * time.Hour) }),
		},
		{
			"a doubt outlives the check-in",
			row("sent", func(s *store.RoundState) {
				s.CheckedInAt, s.Doubts = in(-7*24*time.Hour), []store.Doubt{{Purpose: "check_in", Since: *in(0)}}
			}),
			plan(workflows.Sent, func(p *workflows.Plan) {
				p.ClosesAt, p.DoubtAt, p.Doubtful = now.Add(6*time.Hour), now.Add(6*time.Hour), workflows.CheckInMail
			}),
		},
		{"closed", row("closed", nil), plan(workflows.Closed, nil)},
		{"skipped", row("skipped", nil), plan(workflows.Skipped, nil)},
		{"cancelled", row("cancelled", nil), plan(workflows.Cancelled, nil)},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, planOf(c.row, 6*time.Hour))
		})
	}
}
