package main_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/api/client"
)

// ok fails the test unless a call succeeded.
func ok(t *testing.T, a client.Answer, err error) {
	t.Helper()
	require.NoError(t, client.Check(a, err))
}

// refused is the code of the problem with which a call was refused.
func refused(t *testing.T, a client.Answer, err error) string {
	t.Helper()
	var p *client.Problem
	require.ErrorAs(t, client.Check(a, err), &p, "%d %s", a.StatusCode(), a.GetBody())
	return p.Code
}

// all reads a list to its end.
func all[T any](t *testing.T, page func(cursor *string) (items []T, next *string)) []T {
	t.Helper()
	var list []T
	for cursor := (*string)(nil); ; {
		items, next := page(cursor)
		list = append(list, items...)
		if cursor = next; cursor == nil {
			return list
		}
	}
}

// edit makes a change to the present version of a round, and again when somebody else (the workflow, say) was faster.
func (h *house) edit(round int64, change func(ctx context.Context, tag *string) (client.Answer, error)) {
	h.t.Helper()
	for {
		a, err := change(h.t.Context(), h.tag(round))
		require.NoError(h.t, err)
		if a.StatusCode() != http.StatusPreconditionFailed {
			ok(h.t, a, nil)
			return
		}
	}
}

// tag is the ETag of a round as it is now.
func (h *house) tag(round int64) *string {
	h.t.Helper()
	r, err := h.client.GetRoundWithResponse(h.t.Context(), round)
	ok(h.t, r, err)
	return r.Headers200.ETag
}

// move gives a round another match date: a wall clock, or now.
func (h *house) move(round int64, match string) {
	h.t.Helper()
	h.edit(round, func(ctx context.Context, tag *string) (client.Answer, error) {
		return h.client.MoveRoundWithResponse(ctx, round, &client.MoveRoundParams{IfMatch: tag}, client.MoveRoundJSONRequestBody{Match: &match})
	})
}

func (h *house) round(id int64) client.Round {
	h.t.Helper()
	r, err := h.client.GetRoundWithResponse(h.t.Context(), id)
	ok(h.t, r, err)
	return *r.JSON200
}

func (h *house) members(round int64) []client.RoundMember {
	h.t.Helper()
	return all(h.t, func(cursor *string) ([]client.RoundMember, *string) {
		r, err := h.client.ListRoundMembersWithResponse(h.t.Context(), round, &client.ListRoundMembersParams{Limit: new(int64(500)), Cursor: cursor})
		ok(h.t, r, err)
		return r.JSON200.Items, r.JSON200.NextCursor
	})
}

func (h *house) groups(round int64) []client.Group {
	h.t.Helper()
	return all(h.t, func(cursor *string) ([]client.Group, *string) {
		r, err := h.client.ListGroupsWithResponse(h.t.Context(), round, &client.ListGroupsParams{Limit: new(int64(500)), Cursor: cursor})
		ok(h.t, r, err)
		return r.JSON200.Items, r.JSON200.NextCursor
	})
}

func (h *house) people() []client.Person {
	h.t.Helper()
	return all(h.t, func(cursor *string) ([]client.Person, *string) {
		r, err := h.client.ListPeopleWithResponse(h.t.Context(), &client.ListPeopleParams{Limit: new(int64(500)), Cursor: cursor, Filter: new("email contains " + domain)})
		ok(h.t, r, err)
		return r.JSON200.Items, r.JSON200.NextCursor
	})
}

func (h *house) person(id int64) client.Person {
	h.t.Helper()
	r, err := h.client.GetPersonWithResponse(h.t.Context(), id)
	ok(h.t, r, err)
	return *r.JSON200
}

func (h *house) report(round int64) client.RoundReport {
	h.t.Helper()
	r, err := h.client.GetRoundReportWithResponse(h.t.Context(), round, &client.GetRoundReportParams{By: new("team")})
	ok(h.t, r, err)
	return *r.JSON200
}

// planning lists a program's rounds.
func (h *house) planning(program int64) []client.PlanningCard {
	h.t.Helper()
	r, err := h.client.ListRoundsWithResponse(h.t.Context(), &client.ListRoundsParams{Timezone: new(zone), Program: &program})
	ok(h.t, r, err)
	return r.JSON200.Items
}
