package activities

import (
	"time"

	"rondo/activities/store"
	"rondo/workflows"
)

const (
	// lookEvery bounds how often the audience of an open round is looked through for joiners, however often people change.
	lookEvery = 15 * time.Second
	// wakeGrain rounds the ends of snoozes up, so that many of them cost one look.
	wakeGrain = 15 * time.Minute
	// checkInFor is how long "did you meet?" can be answered before the round closes.
	checkInFor = 7 * 24 * time.Hour
)

// planOf says what a round does next and when, from what its row says in its phase. Instants of phases to come are left
// out: they may move until then.
func planOf(s store.RoundState, unknownAfter time.Duration) workflows.Plan {
	p := workflows.Plan{
		Version: s.Version, Program: s.ProgramID, Phase: workflows.Phase(s.Phase),
		Counts: workflows.Counts{
			Invited: s.Invited, OptedIn: s.OptedIn, Declined: s.Declined, Groups: s.Groups, Unmatched: s.Unmatched,
		},
	}
	switch p.Phase {
	case workflows.Planned:
		p.OpensAt = s.OpensAt.UTC()
	case workflows.Open:
		p.Invites = s.InvitesDue
		p.JoinersAt = joinersAt(s)
		p.AnswersCloseAt = instant(s.AnswersCloseAt)
		if s.Reminder && s.RemindedAt == nil {
			p.RemindAt = instant(s.RemindAt)
		}
	case workflows.Review, workflows.Ready:
		p.Repair = s.RepairDue
		p.Hold = s.AtDeadline == "hold"
		p.MatchAt = instant(s.MatchAt)
	case workflows.Sent:
		if s.CheckedInAt == nil {
			p.CheckInAt = instant(s.CheckInAt)
		} else {
			p.ClosesAt = s.CheckedInAt.Add(checkInFor).UTC()
		}
	}
	if len(s.Doubts) > 0 {
		p.DoubtAt = s.Doubts[0].Since.Add(unknownAfter).UTC()
		p.Doubtful = workflows.Purpose(s.Doubts[0].Purpose)
		if !p.ClosesAt.IsZero() && p.ClosesAt.Before(p.DoubtAt) {
			p.ClosesAt = p.DoubtAt
		}
	}
	return p
}

// joinersAt is when to look through the audience again: soon after people changed, and when somebody's snooze ends.
func joinersAt(s store.RoundState) time.Time {
	switch {
	case s.AudienceDue && s.LookedAt != nil && s.LookedAt.Add(lookEvery).After(s.Now):
		return s.LookedAt.Add(lookEvery).UTC()
	case s.AudienceDue:
		return s.Now.UTC()
	case s.SnoozedTo != nil:
		return s.SnoozedTo.Add(wakeGrain - 1).Truncate(wakeGrain).UTC()
	default:
		return time.Time{}
	}
}

// instant is the UTC time of a nullable column; null is the zero time.
func instant(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
