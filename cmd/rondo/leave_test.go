package main_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"rondo/api/client"
)

// Four ways out: a break, leaving the program, unsubscribing, being erased. Each stops the mail that was to come, and what
// is erased is nowhere left.
func TestSnoozeUnsubscribeErase(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(12)
	p := h.program()
	id := h.schedule(p, asking(h.in(time.Hour)))
	h.awaitAsked(id, 12)
	h.answers(id, "yes", people[1:]...)

	h.submit(h.link(h.awaitMail(addressOf(1), "are you in"), "a"), url.Values{"action": {"snooze"}, "weeks": {"2"}})
	h.submit(h.link(h.awaitMail(addressOf(2), "are you in"), "a"), url.Values{"action": {"leave"}})
	h.oneClick(h.awaitMail(addressOf(3), "are you in"))
	gone := h.awaitMail(addressOf(4), "are you in")
	erased, err := h.client.ErasePersonWithResponse(t.Context(), people[4])
	ok(t, erased, err)
	require.Equal(t, client.PersonStatusErased, erased.JSON200.Status)
	h.requireErased(4)

	again := fmt.Sprintf("email,name\n%s,Member 4 %s\n%s,Member 3 %s\n", addressOf(4), surname, addressOf(3), surname)
	require.Zero(t, h.importCSV(again).Created)
	h.requireErased(4)
	require.Equal(t, client.PersonStatusInactive, h.person(people[3]).Status, "an import reactivates nobody")

	h.move(id, "now")
	h.awaitPhase(id, client.RoundPhaseSent)
	h.requireGroupsMailed(id)
	require.Equal(t, []int{2, 2, 2, 2}, sizes(h.groups(id)))

	h.awaitAsked(h.schedule(p, asking(h.in(time.Hour))), 8)
	for i := 1; i <= 4; i++ {
		require.Len(t, h.simulator.inbox(addressOf(i), ""), 1, "member %d got the first opt-in mail and nothing since", i)
	}
	h.requireErased(4)
	res, err := http.Get(h.link(gone, "a"))
	require.NoError(t, err)
	require.NotContains(t, h.text(res, http.StatusGone), "Member 4")
	h.requirePrivate()
	h.requireReplays("leave")
}

// oneClick unsubscribes as a mail program does, by RFC 8058.
func (h *house) oneClick(m message) {
	h.t.Helper()
	require.Equal(h.t, "List-Unsubscribe=One-Click", m.Headers["List-Unsubscribe-Post"])
	target := strings.Trim(m.Headers["List-Unsubscribe"], "<>")
	res, err := http.PostForm(target, url.Values{"List-Unsubscribe": {"One-Click"}})
	require.NoError(h.t, err)
	h.text(res, http.StatusOK)
}

// requireErased searches every column of every table, compressed ones too, for what belonged to a member.
func (h *house) requireErased(i int) {
	h.t.Helper()
	dump := h.dump()
	require.Contains(h.t, dump, addressOf(5), "others are there, so the search can find somebody")
	require.NotContains(h.t, dump, addressOf(i))
	require.NotContains(h.t, dump, fmt.Sprintf("Member %d %s", i, surname))
}

// dump is every value in the database as text.
func (h *house) dump() string {
	h.t.Helper()
	rows, err := h.db.Query(h.t.Context(), `SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'`)
	require.NoError(h.t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(h.t, err)
	require.Contains(h.t, tables, "people")
	var all strings.Builder
	for _, table := range tables {
		rows, err := h.db.Query(h.t.Context(), `SELECT * FROM `+pgx.Identifier{table}.Sanitize())
		require.NoError(h.t, err)
		for rows.Next() {
			values, err := rows.Values()
			require.NoError(h.t, err)
			for _, v := range values {
				fmt.Fprintf(&all, "%s\n", plain(v))
			}
		}
		require.NoError(h.t, rows.Err())
	}
	return all.String()
}

// plain is a value as text; bytes are unpacked if they are compressed.
func plain(v any) string {
	b, ok := v.([]byte)
	if !ok {
		return fmt.Sprint(v)
	}
	if z, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
		if unpacked, err := io.ReadAll(z); err == nil {
			b = unpacked
		}
	}
	return string(b)
}
