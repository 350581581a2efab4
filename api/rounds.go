package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rondo/activities/calendar"
	"rondo/activities/store"
)

func (s *Server) addRounds() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/rounds/{id}", ID: "get-round", Tag: "rounds", Scope: Read,
		Summary: "Read a round: its phase, its dates and how its opt-in is going",
	}, s.getRound)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/rounds/{id}/events", ID: "watch-round", Tag: "rounds", Scope: Read, Stream: true,
		Summary:     "Watch a round: server-sent events",
		Description: "Sends the round (as get-round does) at once and within a second of each answer, delivery or change of phase, until it is over.",
		Document: func(op *huma.Operation) {
			sends[Round](s, "Events named `round`, numbered so that a client that connects again goes on where it was")(op)
		},
	}, s.watchRound)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/rounds/{id}/move", ID: "move-round", Tag: "rounds", Scope: Admin,
		Summary: "Change the dates of one round",
		Description: "While planned, opt-in and match can change. While open, in review or ready, the match date can be moved earlier or later, " +
			"or to `now`. This is also how an undated round gets its match date.",
	}, s.moveRound)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/rounds/{id}/skip", ID: "skip-round", Tag: "rounds", Scope: Admin,
		Summary: "Let a planned round not take place",
	}, s.skipRound)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/rounds/{id}/cancel", ID: "cancel-round", Tag: "rounds", Scope: Admin,
		Summary: "Stop a round that has not begun sending its matches", Description: "Nobody is written to about it.",
	}, s.cancelRound)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/rounds/{id}/approve", ID: "approve-round", Tag: "rounds", Scope: Admin,
		Summary: "End the review: the groups go out at the match date, at once if that has passed",
	}, s.approveRound)
}

// Round is one occurrence of a schedule, as it is watched.
type Round struct {
	ID            int64  `json:"id"`
	ProgramID     int64  `json:"program_id"`
	Program       string `json:"program" doc:"Its name"`
	Color         string `json:"color"`
	ScheduleID    int64  `json:"schedule_id"`
	Ordinal       int    `json:"ordinal"`
	Kind          string `json:"kind" enum:"automatic,review_first"`
	Participation string `json:"participation" enum:"ask,automatic"`
	Review        bool   `json:"review"`
	AtDeadline    string `json:"at_deadline" enum:"send,hold"`
	Phase         string `json:"phase" enum:"planned,open,matching,review,ready,sending,sent,closed,skipped,cancelled"`
	Reason        string `json:"reason,omitempty" doc:"Why skipped or cancelled"`

	Opens        *Clock `json:"opens,omitempty" doc:"When it opens, or opened: opt-in messages go out, or groups are made if nobody is asked"`
	AnswersClose *Clock `json:"answers_close,omitempty"`
	Match        *Clock `json:"match,omitempty" doc:"When the matches go out; missing: undated"`
	CheckIn      *Clock `json:"check_in,omitempty"`

	OpenedAt  *time.Time `json:"opened_at,omitempty"`
	MatchedAt *time.Time `json:"matched_at,omitempty"`
	SentAt    *time.Time `json:"sent_at,omitempty"`
	ClosedAt  *time.Time `json:"closed_at,omitempty"`

	Invited    int `json:"invited" doc:"Members in the round"`
	Sent       int `json:"sent" doc:"Opt-in messages accepted by the provider"`
	Delivered  int `json:"delivered"`
	Bounced    int `json:"bounced"`
	OptedIn    int `json:"opted_in"`
	Declined   int `json:"declined"`
	Unanswered int `json:"unanswered" doc:"No answer counts as no when answers close"`
	Groups     int `json:"groups"`
}

// RoundPath is embedded by inputs about one round.
type RoundPath struct {
	ID int64 `path:"id" minimum:"1"`
}

type roundOutput struct {
	ETag ETag `header:"ETag"`
	Body Round
}

func showRound(v store.RoundView) (Round, error) {
	loc, err := calendar.Zone(v.Timezone)
	if err != nil {
		return Round{}, err
	}
	at := func(t *time.Time) *Clock {
		if t == nil {
			return nil
		}
		return clock(*t, loc)
	}
	return Round{
		ID: v.ID, ProgramID: v.ProgramID, Program: v.Program, Color: v.Color, ScheduleID: v.ScheduleID, Ordinal: v.Ordinal, Kind: v.Kind,
		Participation: v.Participation, Review: v.Review, AtDeadline: v.AtDeadline, Phase: v.Phase, Reason: v.PhaseReason,
		Opens: clock(v.OpensAt, loc), AnswersClose: at(v.AnswersCloseAt), Match: at(v.MatchAt), CheckIn: at(v.CheckInAt),
		OpenedAt: v.OpenedAt, MatchedAt: v.MatchedAt, SentAt: v.SentAt, ClosedAt: v.ClosedAt,
		Invited: v.Invited, Sent: v.Sent, Delivered: v.Delivered, Bounced: v.Bounced, OptedIn: v.OptedIn, Declined: v.Declined,
		Unanswered: v.Unanswered(), Groups: v.Groups,
	}, nil
}

func (s *Server) getRound(ctx context.Context, in *RoundPath) (*roundOutput, error) {
	v, err := s.store.RoundView(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	body, err := showRound(v)
	return &roundOutput{ETag: etag(v.Version), Body: body}, err
}

type watchRoundInput struct {
	RoundPath
	EventsQuery
}

// readAnyway is how often a stream looks for itself, in case a notification was lost.
const readAnyway = 5 * time.Second

func (s *Server) watchRound(ctx context.Context, in *watchRoundInput) (*Events, error) {
	if _, err := s.store.RoundView(ctx, in.ID); err != nil {
		return nil, err
	}
	seen, err := strconv.ParseInt(in.LastEventID, 10, 64)
	if in.LastEventID == "" || err != nil {
		seen = -1
	}
	return s.events(ctx, func(ctx context.Context, send func(Event) error) error {
		changed, leave := s.hub.Watch("round:" + strconv.FormatInt(in.ID, 10))
		defer leave()
		tick := time.NewTicker(readAnyway)
		defer tick.Stop()
		for {
			over, now, err := s.sendRound(ctx, in.ID, seen, send)
			if err != nil || over {
				return err
			}
			seen = now
			select {
			case <-ctx.Done():
				return nil
			case <-changed:
			case <-tick.C:
			}
		}
	}), nil
}

// sendRound sends the round if it is newer than what the watcher has seen, and reports whether it is over.
func (s *Server) sendRound(ctx context.Context, id, seen int64, send func(Event) error) (over bool, now int64, err error) {
	if now, err = s.store.RoundWatch(ctx, id); err != nil || now == seen {
		return false, now, err
	}
	v, err := s.store.RoundView(ctx, id)
	if err != nil {
		return false, seen, err
	}
	body, err := showRound(v)
	if err != nil {
		return false, seen, err
	}
	over = v.Phase == "closed" || v.Phase == "skipped" || v.Phase == "cancelled"
	return over, v.Watch, send(Event{ID: strconv.FormatInt(v.Watch, 10), Name: "round", Data: body})
}

type moveRoundInput struct {
	RoundPath
	IfMatch
	Body struct {
		OptIn string `json:"opt_in,omitempty" maxLength:"19" doc:"Wall clock in the round's zone, or now; missing: stays" example:"2026-06-04T10:00"`
		Match string `json:"match,omitempty" maxLength:"19" doc:"Wall clock in the round's zone, or now; missing: stays" example:"2026-06-10T10:00"`
	}
}

func (s *Server) moveRound(ctx context.Context, in *moveRoundInput) (*roundOutput, error) {
	v, err := s.store.RoundView(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	to, err := movedTo(in.Body.OptIn, in.Body.Match, v.Timezone, now)
	if err != nil {
		return nil, err
	}
	return s.changeRound(ctx, in.RoundPath, in.IfMatch, func(ctx context.Context, id, version int64) ([]store.Ring, error) {
		return s.store.MoveRound(ctx, id, version, to, now)
	})
}

type roundVersionInput struct {
	RoundPath
	IfMatch
}

func (s *Server) skipRound(ctx context.Context, in *roundVersionInput) (*roundOutput, error) {
	return s.changeRound(ctx, in.RoundPath, in.IfMatch, s.store.SkipRound)
}

func (s *Server) cancelRound(ctx context.Context, in *roundVersionInput) (*roundOutput, error) {
	return s.changeRound(ctx, in.RoundPath, in.IfMatch, s.store.CancelRound)
}

func (s *Server) approveRound(ctx context.Context, in *roundVersionInput) (*roundOutput, error) {
	return s.changeRound(ctx, in.RoundPath, in.IfMatch, s.store.ApproveRound)
}

// changeRound commits a change at the version the caller edited, rings, and answers with the round as it is now.
func (s *Server) changeRound(ctx context.Context, at RoundPath, m IfMatch, change func(ctx context.Context, id, version int64) ([]store.Ring, error)) (*roundOutput, error) {
	version, err := m.version()
	if err != nil {
		return nil, err
	}
	rings, err := change(ctx, at.ID, version)
	if err != nil {
		return nil, err
	}
	s.ring(ctx, rings)
	return s.getRound(ctx, &at)
}
