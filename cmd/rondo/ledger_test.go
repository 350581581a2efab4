package main_test

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// entry is a row of the message ledger and how many copies of it the provider has taken.
type entry struct {
	ID      int64  `db:"id"`
	Purpose string `db:"purpose"`
	Person  int64  `db:"person_id"`
	State   string `db:"state"`
	Resends int    `db:"resends"`
	Copies  int    `db:"-"`
}

// ledger reads the messages of a round, each with its copies at the provider. A message at the provider that no row knows
// is a mail nobody could ever account for.
func (h *house) ledger(round int64) []entry {
	h.t.Helper()
	rows, err := h.db.Query(h.t.Context(), `SELECT id, purpose, person_id, state, resends FROM messages WHERE subject_id = $1 AND purpose <> 'test' ORDER BY id`, round)
	require.NoError(h.t, err)
	entries, err := pgx.CollectRows(rows, pgx.RowToStructByName[entry])
	require.NoError(h.t, err)
	copies := map[int64]int{}
	for _, m := range h.simulator.after(0) {
		copies[m.row()]++
	}
	for i := range entries {
		entries[i].Copies = copies[entries[i].ID]
	}
	return entries
}

// mails is whom the provider has a mail of a kind for, and how many.
func (h *house) mails(round int64, purpose string) map[int64]int {
	h.t.Helper()
	got := map[int64]int{}
	for _, e := range h.ledger(round) {
		if e.Purpose == purpose && e.Copies > 0 {
			got[e.Person] += e.Copies
		}
	}
	return got
}

// requireKnown checks that every message at the provider has its row in the ledger.
func (h *house) requireKnown() {
	h.t.Helper()
	rows, err := h.db.Query(h.t.Context(), `SELECT id FROM messages`)
	require.NoError(h.t, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	require.NoError(h.t, err)
	known := make(map[int64]bool, len(ids))
	for _, id := range ids {
		known[id] = true
	}
	for _, m := range h.simulator.after(0) {
		require.True(h.t, known[m.row()], "no row for message %d %q: %v", m.ID, m.Subject, m.CustomArgs)
	}
}

// requireGroupsMailed checks that everybody in a group has exactly one match mail, which names the others and nobody else.
func (h *house) requireGroupsMailed(round int64) {
	h.t.Helper()
	want := map[int64]int{}
	name := map[int64]string{}
	for _, m := range h.members(round) {
		if m.Email != nil {
			name[m.PersonID] = *m.Email
		}
	}
	for _, g := range h.groups(round) {
		for _, m := range g.Members {
			want[m.ID] = 1
		}
	}
	require.Equal(h.t, want, h.mails(round, "match"))
	program := h.round(round).Program
	for _, g := range h.groups(round) {
		for _, m := range g.Members {
			mails := h.simulator.inbox(name[m.ID], program+": meet ")
			require.NotEmpty(h.t, mails)
			text := mails[len(mails)-1].Text
			for _, other := range g.Members {
				require.Equal(h.t, other.ID != m.ID, strings.Contains(text, "<"+name[other.ID]+">"), "%d of %v in:\n%s", other.ID, g.Members, text)
			}
			require.Equal(h.t, len(g.Members)-1, strings.Count(text, "@"+domain+">"))
		}
	}
}

// requireNoneLost checks what is promised about mail whatever died meanwhile: who is owed it has it, or is listed in doubt;
// whoever has it twice has a row that says so; and nobody else has it.
func (h *house) requireNoneLost(round int64, purpose string, owed []int64) {
	h.t.Helper()
	got := map[int64]int{}
	for _, e := range h.ledger(round) {
		if e.Purpose != purpose {
			continue
		}
		where := fmt.Sprintf("round %d: %+v", round, e)
		got[e.Person]++
		require.Contains(h.t, []string{"sent", "unknown"}, e.State, where)
		require.True(h.t, e.Copies > 0 || e.State == "unknown", "sent and never arrived: %s", where)
		require.LessOrEqual(h.t, e.Copies, 1+e.Resends, "a silent duplicate: %s", where)
	}
	for _, id := range owed {
		require.Equal(h.t, 1, got[id], "round %d: rows of %d about %s", round, id, purpose)
		delete(got, id)
	}
	require.Empty(h.t, got, "round %d: %s mail to people who are owed none", round, purpose)
}
