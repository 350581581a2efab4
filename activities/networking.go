package activities

import (
	"context"
	"strconv"

	"rondo/activities/fault"
	"rondo/activities/store"
	"rondo/workflows"
)

// AdvanceSession reads a networking session and lets what is due happen.
func (a *Activities) AdvanceSession(ctx context.Context, in workflows.Ref) (workflows.SessionPlan, error) {
	p, err := a.DB.AdvanceSession(ctx, in.ID)
	return a.sessionPlan(p), err
}

// CloseSession closes a session whose last meeting is over.
func (a *Activities) CloseSession(ctx context.Context, in workflows.Ref) (workflows.SessionPlan, error) {
	p, err := a.DB.FinishSession(ctx, in.ID)
	return a.sessionPlan(p), err
}

func (a *Activities) sessionPlan(p store.SessionPlan) workflows.SessionPlan {
	out := workflows.SessionPlan{
		Version: p.Version, Phase: workflows.SessionPhase(p.Phase), Paused: p.PausedAt != nil,
		DoorsAt: p.DoorsAt().UTC(), StartsAt: p.StartsAt.UTC(), EndsAt: p.EndsAt.UTC(),
		Invites: p.InvitesDue(), Met: p.MatchesDue(), Bot: p.Bot,
		Counts: workflows.SessionCounts{
			Attendees: p.Attendees, Meetings: p.Meetings, Open: p.OpenMeetings, WaitP50: p.WaitP50, WaitP95: p.WaitP95,
		},
	}
	if len(p.Doubts) > 0 {
		out.DoubtAt = p.Doubts[0].Since.Add(a.UnknownAfter).UTC()
		out.Doubtful = workflows.Purpose(p.Doubts[0].Purpose)
	}
	return out
}

// StoreTickets writes what an integration's signal carries. Lines that cannot be stored are counted, the others are.
func (a *Activities) StoreTickets(ctx context.Context, in workflows.StoreTicketsInput) (workflows.StoredTickets, error) {
	if len(in.Tickets) > workflows.MaxTickets {
		return workflows.StoredTickets{}, fault.New(fault.Invalid, "too_many_tickets", "a signal carries at most %d tickets", workflows.MaxTickets)
	}
	s, err := a.DB.Session(ctx, in.Session)
	if err != nil {
		return workflows.StoredTickets{}, err
	}
	var lines []store.TicketLine
	var revoked []int64
	for _, t := range in.Tickets {
		if t.Revoked {
			revoked = append(revoked, t.PersonID)
			continue
		}
		lines = append(lines, store.TicketLine{PersonID: t.PersonID, Type: strconv.FormatInt(t.TypeID, 10)})
	}
	done, err := a.DB.RegisterTickets(ctx, s.EventID, lines)
	if err != nil {
		return workflows.StoredTickets{}, err
	}
	if _, err := a.DB.RevokeTickets(ctx, s.EventID, revoked); err != nil {
		return workflows.StoredTickets{}, err
	}
	return workflows.StoredTickets{Stored: len(in.Tickets) - len(done.Refused), Refused: len(done.Refused)}, nil
}

// ControlSession pauses, resumes or closes a session for an integration.
func (a *Activities) ControlSession(ctx context.Context, in workflows.ControlInput) (struct{}, error) {
	do, ok := map[string]func(context.Context, int64) (store.NetworkingSession, []store.Ring, error){
		"pause": a.DB.PauseSession, "resume": a.DB.ResumeSession, "close": a.DB.EndSession,
	}[in.Command]
	if !ok {
		return struct{}{}, fault.New(fault.Invalid, "command_unknown", "commands are pause, resume and close")
	}
	_, rings, err := do(ctx, in.Session)
	if err != nil {
		return struct{}{}, err
	}
	a.ring(ctx, rings)
	return struct{}{}, nil
}
