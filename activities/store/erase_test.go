package store_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

// Nothing that was known of an erased person is anywhere in the database: every row of every table is read as text.
func TestErasedIsGoneFromTheDatabase(t *testing.T) {
	b := newCrowd(t)
	b.importCSV("email,name,timezone,owner,phone\nada@example.com,Ada Lovelace,Europe/Lisbon,boss@corp.example,555-0199\nbob@example.com,Bob,,,\n", store.ImportOptions{})
	ada, bob := b.byEmail("ada@example.com").ID, b.byEmail("bob@example.com").ID
	l, err := b.CreateList(t.Context(), "Paris")
	require.NoError(t, err)
	_, _, err = b.AddToList(t.Context(), l.ID, store.Selection{IDs: []int64{ada, bob}})
	require.NoError(t, err)
	_, err = b.PutWishes(t.Context(), ada, 0, store.Wishes{Avoid: []int64{bob}})
	require.NoError(t, err)
	_, err = b.PutWishes(t.Context(), bob, 0, store.Wishes{Meet: []int64{ada}})
	require.NoError(t, err)
	round := b.openRound()
	b.exec(`INSERT INTO round_members (round_id, person_id, answer) VALUES ($1, $2, 'yes'), ($1, $3, 'yes')`, round, ada, bob)
	b.exec(`UPDATE rounds SET phase = 'review' WHERE id = $1`, round)
	b.exec(`INSERT INTO check_ins (round_id, person_id, answer, note) VALUES ($1, $2, 'yes', 'call Lovelace 555-0199')`, round, ada)
	b.exec(`INSERT INTO answer_keys (round_id, person_id, key) VALUES ($1, $2, 'crm/ada@example.com')`, round, ada)
	b.exec(`INSERT INTO consents (person_id, entry_kind, origin, evidence, key_id) VALUES ($1, 'address', 'spam', 'mail from ada@example.com', 1)`, ada)
	_, err = b.BlacklistPerson(t.Context(), ada, store.ByUnsubscribe, "")
	require.NoError(t, err)
	b.exec(`UPDATE rounds SET repair_due = false; UPDATE round_members SET removed_at = NULL`)
	require.NotEmpty(t, b.mentions("ada@example.com", "lovelace", "555-0199", "lisbon"))

	p, rings, err := b.ErasePerson(t.Context(), b.key, ada)
	require.NoError(t, err)
	require.Len(t, rings, 1, "the round in review repairs itself")
	require.Equal(t, store.Erased, p.Status)
	require.Empty(t, p.Email)
	require.Empty(t, b.mentions("ada@example.com", "lovelace", "555-0199", "lisbon"))
	require.Empty(t, b.mentions("ada"))
	w, _, err := b.Wishes(t.Context(), bob)
	require.NoError(t, err)
	require.Empty(t, w.Meet)
	require.Equal(t, "Bob", b.byEmail("bob@example.com").Name)

	again, rings, err := b.ErasePerson(t.Context(), b.key, ada)
	require.NoError(t, err)
	require.Equal(t, p, again)
	require.Empty(t, rings)
	_, _, err = b.DeactivatePerson(t.Context(), ada)
	require.Equal(t, "person_erased", faultCode(err))
	_, err = b.BlacklistPerson(t.Context(), ada, store.ByBounce, "")
	require.NoError(t, err, "a late bounce of an erased person is no error")
	_, _, err = b.CreatePerson(t.Context(), b.key, store.NewPerson{Email: "Ada@Example.com"})
	require.Equal(t, "address_erased", faultCode(err))
	_, _, err = b.PatchPerson(t.Context(), b.key, bob, b.byEmail("bob@example.com").Version, store.PersonPatch{Email: ptr("ada@example.com")})
	require.Equal(t, "address_erased", faultCode(err))
	other, err := store.NewErasureKey([]byte(strings.Repeat("x", 32)))
	require.NoError(t, err)
	_, _, err = b.CreatePerson(t.Context(), other, store.NewPerson{Email: "ada@example.com"})
	require.NoError(t, err, "without the key the hash says nothing")
}

// mentions lists where in the database one of the words stands, in any case.
func (b crowd) mentions(words ...string) (found []string) {
	b.t.Helper()
	rows, err := b.Pool().Query(b.t.Context(), `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`)
	require.NoError(b.t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(b.t, err)
	require.Contains(b.t, tables, "people")
	for _, table := range tables {
		for _, word := range words {
			var n int
			require.NoError(b.t, b.Pool().QueryRow(b.t.Context(),
				fmt.Sprintf(`SELECT count(*) FROM %s AS r WHERE strpos(lower(r::text), $1) > 0`, pgx.Identifier{table}.Sanitize()), word).Scan(&n))
			if n > 0 {
				found = append(found, table+": "+word)
			}
		}
	}
	return found
}

// The problem that a round's engine was given is kept packed, where a search of the tables does not see it.
func TestErasedIsGoneFromMatchingProblems(t *testing.T) {
	b := newCrowd(t)
	kit := setupRounds(t, b.DB, 4)
	kit.exec(`UPDATE programs SET rules = '[{"kind": "different", "attribute": "team"}]'`)
	kit.exec(`UPDATE people SET attributes = '{"team": "lighthouse keepers"}' WHERE id = 1`)
	round := kit.round("")
	require.NoError(t, b.OpenRound(t.Context(), round))
	kit.answer(round, "yes", 1, 4)
	kit.past(round, "answers_close_at")
	require.NoError(t, b.CloseAnswers(t.Context(), round))
	kit.match(round)
	require.Contains(t, b.problem(round), "lighthouse keepers")
	require.Contains(t, b.problem(round), "t2")

	_, _, err := b.ErasePerson(t.Context(), b.key, 1)
	require.NoError(t, err)
	require.NotContains(t, b.problem(round), "lighthouse keepers")
	require.Contains(t, b.problem(round), "t2", "the others stay")
}

func (b crowd) problem(round int64) string {
	b.t.Helper()
	var packed []byte
	require.NoError(b.t, b.Pool().QueryRow(b.t.Context(), `SELECT problem FROM rounds WHERE id = $1`, round).Scan(&packed))
	r, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(b.t, err)
	text, err := io.ReadAll(r)
	require.NoError(b.t, err)
	return string(text)
}
