package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"rondo/activities/matching"
	"rondo/activities/store"
)

func (s *Server) addMembers() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/rounds/{id}/members", ID: "list-round-members", Tag: "rounds", Scope: Read,
		Summary: "List the members of a round with their answers",
	}, s.listMembers)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/rounds/{id}/export", ID: "export-round", Tag: "rounds", Scope: Read, Stream: true,
		Summary: "Load a round as CSV: a line per member", Document: downloads("text/csv", "Cells that a spreadsheet would run as a formula begin with an apostrophe"),
	}, s.exportRound)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/rounds/{id}/answers", ID: "answer-round", Tag: "rounds", Scope: Signal, Idempotent: true,
		Summary: "Answer for members: up to 500 at once",
		Description: "For integrations. The same `key` of the same person is stored once. Answers that cannot be stored are listed; the others are kept. " +
			"The same as a Temporal signal `answers` to the workflow `round-<id>` with `{\"answers\": [{\"person_id\", \"answer\", \"key\"}]}`.",
	}, s.answerRound)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/rounds/{id}/report", ID: "get-round-report", Tag: "rounds", Scope: Read,
		Summary: "Read what became of a round: participation, connections, repeats, who met",
	}, s.roundReport)
}

// RoundMember is one person's way through a round.
type RoundMember struct {
	PersonID   int64      `json:"person_id"`
	Name       string     `json:"name"`
	Email      string     `json:"email,omitempty" doc:"Missing: erased"`
	InvitedAt  time.Time  `json:"invited_at"`
	Answer     string     `json:"answer,omitempty" enum:"yes,no" doc:"Missing: none, which counts as no"`
	AnsweredAt *time.Time `json:"answered_at,omitempty"`
	Source     string     `json:"source,omitempty" enum:"page,api,signal,automatic"`
	LeftAt     *time.Time `json:"left_at,omitempty" doc:"Left, snoozed, erased or taken out after joining"`
	Groups     []int      `json:"groups" nullable:"false" doc:"Their numbers; in a mystery first the one in which the person gives"`
	Unmatched  string     `json:"unmatched,omitempty" doc:"Why nobody was found"`
	Met        string     `json:"met,omitempty" enum:"yes,planned,no" doc:"Answer to: did you meet?"`
}

type (
	membersInput struct {
		RoundPath
		PageQuery
		Answer string `query:"answer" enum:"yes,no,none" doc:"Only with this answer"`
	}
	membersOutput struct{ Body Page[RoundMember] }
)

func (s *Server) listMembers(ctx context.Context, in *membersInput) (*membersOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	if _, err := s.store.RoundView(ctx, in.ID); err != nil {
		return nil, err
	}
	rows, err := s.store.RoundMembers(ctx, in.ID, in.Answer, p)
	if err != nil {
		return nil, err
	}
	return &membersOutput{Body: newPage(in.PageQuery, rows, func(m store.RoundMember) int64 { return m.PersonID }, showMember)}, nil
}

func showMember(m store.RoundMember) RoundMember {
	out := RoundMember{
		PersonID: m.PersonID, Name: m.Name, Email: m.Email, InvitedAt: m.InvitedAt, Answer: deref(m.Answer), AnsweredAt: m.AnsweredAt,
		Source: deref(m.AnswerSource), LeftAt: m.RemovedAt, Groups: m.Groups, Met: deref(m.Met),
	}
	var u matching.Unmatched
	if m.Unmatched != nil && json.Unmarshal(m.Unmatched, &u) == nil {
		out.Unmatched = u.Text()
	}
	return out
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func (s *Server) exportRound(ctx context.Context, in *RoundPath) (*Download, error) {
	if _, err := s.store.RoundView(ctx, in.ID); err != nil {
		return nil, err
	}
	return download(ctx, "text/csv; charset=utf-8", "round-"+itoa(int(in.ID))+".csv", func(ctx context.Context, w io.Writer) error {
		return s.store.ExportRound(ctx, w, in.ID)
	}), nil
}

type answerRoundInput struct {
	RoundPath
	Body struct {
		Answers []OptInAnswer `json:"answers" minItems:"1" maxItems:"500" nullable:"false"`
	}
}

// OptInAnswer is one person's answer to an opt-in.
type OptInAnswer struct {
	PersonID int64  `json:"person_id" minimum:"1"`
	Answer   string `json:"answer" enum:"yes,no"`
	Key      string `json:"key,omitempty" maxLength:"255" doc:"The integration's own: the same key of the same person is stored once"`
}

// RefusedAnswer is an answer that could not be stored.
type RefusedAnswer struct {
	Index    int    `json:"index" doc:"In the answers sent"`
	PersonID int64  `json:"person_id"`
	Reason   string `json:"reason" enum:"not_invited,too_late,malformed"`
}

type answeredOutput struct {
	Body struct {
		Stored   int             `json:"stored"`
		Repeated int             `json:"repeated" doc:"Known by their key"`
		Refused  []RefusedAnswer `json:"refused" nullable:"false"`
	}
}

func (s *Server) answerRound(ctx context.Context, in *answerRoundInput) (*answeredOutput, error) {
	answers := make([]store.OptInAnswer, len(in.Body.Answers))
	for i, a := range in.Body.Answers {
		answers[i] = store.OptInAnswer(a)
	}
	done, rings, err := s.store.Answer(ctx, in.ID, store.FromAPI, answers)
	if err != nil {
		return nil, err
	}
	s.ring(ctx, rings)
	out := &answeredOutput{}
	out.Body.Stored, out.Body.Repeated, out.Body.Refused = done.Stored, done.Repeated, make([]RefusedAnswer, len(done.Refused))
	for i, r := range done.Refused {
		out.Body.Refused[i] = RefusedAnswer(r)
	}
	return out, nil
}

// RoundReport is what became of a round.
type RoundReport struct {
	Invited       int             `json:"invited"`
	OptedIn       int             `json:"opted_in"`
	Declined      int             `json:"declined"`
	Unanswered    int             `json:"unanswered"`
	OptInRate     float64         `json:"opt_in_rate" doc:"Of the invited, 0 to 1"`
	Grouped       int             `json:"grouped"`
	Unmatched     int             `json:"unmatched"`
	Groups        int             `json:"groups"`
	Connections   int             `json:"connections" doc:"Every two people of a group"`
	Repeated      int             `json:"repeated" doc:"Connections of people who had met before in this program"`
	RepeatRate    float64         `json:"repeat_rate" doc:"Of the connections, 0 to 1"`
	Met           MetCounts       `json:"met" doc:"Answers to: did you meet?"`
	Participation []Participation `json:"participation,omitempty" doc:"By the values of the attribute asked for, the largest first"`
}

// MetCounts counts answers to "did you meet?".
type MetCounts struct {
	Yes     int `json:"yes"`
	Planned int `json:"planned"`
	No      int `json:"no"`
}

// Participation is how the members with one value of an attribute took part.
type Participation struct {
	Value    string `json:"value" doc:"Empty: not set"`
	Invited  int    `json:"invited"`
	OptedIn  int    `json:"opted_in"`
	Declined int    `json:"declined"`
	Grouped  int    `json:"grouped"`
}

type (
	reportInput struct {
		RoundPath
		By string `query:"by" maxLength:"100" doc:"An attribute to tell participation apart by"`
	}
	reportOutput struct{ Body RoundReport }
)

func (s *Server) roundReport(ctx context.Context, in *reportInput) (*reportOutput, error) {
	r, err := s.store.RoundReport(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	body := RoundReport{
		Invited: r.Invited, OptedIn: r.OptedIn, Declined: r.Declined, Unanswered: max(r.Invited-r.OptedIn-r.Declined, 0),
		OptInRate: share(r.OptedIn, r.Invited), Grouped: r.Grouped, Unmatched: r.Unmatched, Groups: r.Groups, Connections: r.Pairs,
		Repeated: r.Repeated, RepeatRate: share(r.Repeated, r.Pairs), Met: MetCounts{Yes: r.MetYes, Planned: r.Planned, No: r.MetNo},
	}
	if in.By != "" {
		rows, err := s.store.RoundParticipation(ctx, in.ID, in.By)
		if err != nil {
			return nil, err
		}
		for _, p := range rows {
			body.Participation = append(body.Participation, Participation(p))
		}
	}
	return &reportOutput{Body: body}, nil
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
