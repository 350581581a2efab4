package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"rondo/activities/matching"
	"rondo/activities/store"
)

func (s *Server) addGroups() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/rounds/{id}/groups", ID: "list-groups", Tag: "review", Scope: Read,
		Summary: "List the groups of a round: who, which rules held and which broke", Description: "The ETag is that of the grouping: edits need it.",
	}, s.listGroups)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/rounds/{id}/groups/edit", ID: "edit-groups", Tag: "review", Scope: Admin, Idempotent: true,
		Summary: "Change the groups of a round in review, or see what a change would do", Description: editHelp,
	}, s.editGroups)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/rounds/{id}/groups/edits", ID: "list-group-edits", Tag: "review", Scope: Read,
		Summary: "List every change of a round's groups, repairs included",
	}, s.listEdits)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/rounds/{id}/replay", ID: "replay-round", Tag: "review", Scope: Admin,
		Summary: "Solve the round's matching again from its recorded seed and say whether it comes out the same",
	}, s.replayRound)
}

const editHelp = "`kind` is\n\n" +
	"- `swap`: persons `a` and `b` change places, in all groups they do not share; in a mystery they exchange whom they give to;\n- `move`: person `a` goes into group `group`; not in modes composer and mystery;\n" +
	"- `pin`, `unpin`: group `group` stays as it is through `regenerate`;\n" +
	"- `forbid`: persons `a` and `b` do not meet in this round (they are taken apart at the least cost); `allow` takes it back;\n" +
	"- `remove`: person `a` is taken out of the round and the group mended;\n" +
	"- `regenerate`: all groups are made anew around the pinned ones;\n- `undo`: the last change that was not undone is.\n\n" +
	"With `preview` nothing is kept: the answer says what would change. Somebody else's change meanwhile: 412. " +
	"Scores are costs, smaller is better, the first difference decides: hard rules broken, people unmatched, fairness of odd groups (or in the rank of `fair_turns`: so many `costs` outrank it as `odd_rank` says), then the program's rules in their order."

// GroupPerson is somebody in a group.
type GroupPerson struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// GroupReason says whether a rule holds in a group.
type GroupReason struct {
	Kind      string `json:"kind" doc:"A rule of the program, or never, forbidden, seats, odd"`
	Attribute string `json:"attribute,omitempty"`
	Hard      bool   `json:"hard"`
	Held      bool   `json:"held"`
	Text      string `json:"text" doc:"In English, for people who may see the program's rules"`
}

// Group is people who meet.
type Group struct {
	Group   int            `json:"group" doc:"Its number in the round"`
	Members []GroupPerson  `json:"members" nullable:"false" doc:"In a mystery: who gives, then who receives"`
	Pinned  bool           `json:"pinned"`
	Odd     bool           `json:"odd" doc:"Not of the wanted size"`
	Score   matching.Score `json:"score"`
	Reasons []GroupReason  `json:"reasons" nullable:"false"`
}

func showGroup(r store.GroupRow) (Group, error) {
	g := Group{Group: r.No, Pinned: r.Pinned, Odd: r.Odd, Reasons: []GroupReason{}}
	var reasons []matching.Reason
	for _, part := range []struct {
		raw  json.RawMessage
		into any
	}{{r.Members, &g.Members}, {r.Score, &g.Score}, {r.Reasons, &reasons}} {
		if err := json.Unmarshal(part.raw, part.into); err != nil {
			return g, fmt.Errorf("read group %d: %w", r.No, err)
		}
	}
	for _, why := range reasons {
		g.Reasons = append(g.Reasons, GroupReason{Kind: string(why.Kind), Attribute: why.Attribute, Hard: why.Hard, Held: why.Held, Text: why.Text()})
	}
	return g, nil
}

func showGroups(rows []store.GroupRow) ([]Group, error) {
	out := make([]Group, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = showGroup(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type (
	groupsInput struct {
		RoundPath
		PageQuery
		Broken bool `query:"broken" doc:"Only groups in which a rule did not hold"`
	}
	groupsOutput struct {
		ETag ETag `header:"ETag"`
		Body Page[Group]
	}
)

// groupingTag is the ETag of a round's groups; their version begins at 0.
func groupingTag(version int64) ETag { return etag(version + 1) }

func (s *Server) listGroups(ctx context.Context, in *groupsInput) (*groupsOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	version, err := s.store.GroupsVersion(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Groups(ctx, in.ID, in.Broken, p)
	if err != nil {
		return nil, err
	}
	page := newPage(in.PageQuery, rows, func(r store.GroupRow) int64 { return int64(r.No) }, func(r store.GroupRow) store.GroupRow { return r })
	items, err := showGroups(page.Items)
	return &groupsOutput{ETag: groupingTag(version), Body: Page[Group]{Items: items, NextCursor: page.NextCursor}}, err
}

type editGroupsInput struct {
	RoundPath
	IfMatch
	Body struct {
		Kind    string `json:"kind" enum:"swap,move,pin,unpin,forbid,allow,remove,regenerate,undo"`
		A       int64  `json:"a,omitempty" minimum:"1" doc:"A person's id"`
		B       int64  `json:"b,omitempty" minimum:"1" doc:"Another person's id"`
		Group   int    `json:"group,omitempty" minimum:"1" doc:"A group's number"`
		Preview bool   `json:"preview,omitempty" doc:"Keep nothing, only say what would change"`
	}
}

type editGroupsOutput struct {
	ETag ETag `header:"ETag"`
	Body struct {
		Before     matching.Score `json:"before"`
		After      matching.Score `json:"after"`
		Difference matching.Score `json:"difference" doc:"After minus before: negative is better"`
		Better     bool           `json:"better"`
		Changed    []Group        `json:"changed" nullable:"false" doc:"The groups that are new or different"`
		Preview    bool           `json:"preview"`
	}
}

func (s *Server) editGroups(ctx context.Context, in *editGroupsInput) (*editGroupsOutput, error) {
	tag, err := in.version()
	if err != nil {
		return nil, err
	}
	b := in.Body
	done, err := s.store.EditGroups(ctx, in.ID, tag-1, store.GroupEdit{Kind: b.Kind, A: b.A, B: b.B, Group: b.Group}, b.Preview)
	if err != nil {
		return nil, err
	}
	out := &editGroupsOutput{ETag: groupingTag(done.Version)}
	if b.Preview {
		out.ETag = etag(tag)
	}
	out.Body.Before, out.Body.After, out.Body.Preview = done.Before, done.After, b.Preview
	out.Body.Difference, out.Body.Better = done.After.Minus(done.Before), done.After.Compare(done.Before) < 0
	out.Body.Changed, err = showGroups(done.Changed)
	return out, err
}

// GroupEdit is one entry of the history of a round's groups.
type GroupEdit struct {
	Seq    int64           `json:"seq"`
	Kind   string          `json:"kind" enum:"swap,move,pin,unpin,forbid,allow,remove,regenerate,repair,undo"`
	Detail json.RawMessage `json:"detail" doc:"What was asked for; of a repair, who left and which groups changed"`
	Undone bool            `json:"undone"`
	At     time.Time       `json:"at"`
}

type (
	editsInput struct {
		RoundPath
		PageQuery
	}
	editsOutput struct{ Body Page[GroupEdit] }
)

func (s *Server) listEdits(ctx context.Context, in *editsInput) (*editsOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	if _, err := s.store.GroupsVersion(ctx, in.ID); err != nil {
		return nil, err
	}
	rows, err := s.store.GroupEdits(ctx, in.ID, p)
	if err != nil {
		return nil, err
	}
	return &editsOutput{Body: newPage(in.PageQuery, rows, func(e store.EditRow) int64 { return e.Seq }, func(e store.EditRow) GroupEdit { return GroupEdit(e) })}, nil
}

type replayOutput struct {
	Body struct {
		Engine    string         `json:"engine"`
		Seed      int64          `json:"seed"`
		Same      bool           `json:"same" doc:"The engine made the same groups again, to the last member"`
		Groups    int            `json:"groups"`
		Unmatched int            `json:"unmatched"`
		Score     matching.Score `json:"score"`
		Exact     bool           `json:"exact" doc:"Proven: no groups of the planned sizes have a better score"`
		Bound     matching.Score `json:"bound" doc:"No groups of the planned sizes score better than this"`
		Gap       float64        `json:"gap" doc:"The share of the first figure of the score above the bound's that may be too much"`
	}
}

func (s *Server) replayRound(ctx context.Context, in *RoundPath) (*replayOutput, error) {
	r, err := s.store.ReplayMatching(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &replayOutput{}
	out.Body.Exact, out.Body.Bound, out.Body.Gap = r.Exact, r.Bound, r.Gap
	out.Body.Engine, out.Body.Seed, out.Body.Same, out.Body.Groups, out.Body.Unmatched, out.Body.Score = r.Engine, r.Seed, r.Same, r.Groups, r.Unmatched, r.Score
	return out, nil
}
