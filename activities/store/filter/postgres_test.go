package filter_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rondo/activities/store"
	"rondo/activities/store/filter"
	"rondo/activities/store/storetest"
)

// crowd is one person per line of the table tests below, named by the first column.
const crowd = `
INSERT INTO users (email, name) VALUES ('boss@corp.example', 'Boss');
INSERT INTO people (email, name, timezone, owner_id, attributes, status, created_at) VALUES
	('ada@example.com', 'Ada Łovelace', 'Europe/London', 1, '{"department": "Sales", "age": "36", "start": "2024-05-01"}', 'active', '2026-01-31 23:30+00'),
	('bob@example.com', 'Bob', '', NULL, '{"department": "SALES", "age": "-2.5", "start": "2024-05-01T10:00"}', 'inactive', '2026-02-01 00:00+00'),
	('çelik@example.org', 'ÇELİK Ångström', 'Europe/Istanbul', NULL, '{"department": "R&D", "age": "unknown", "job title": "Lead"}', 'active', '2026-02-02 12:00+00'),
	('dot@example.org', '', '', NULL, '{"age": "100", "department": "", "start": "2025-01-01"}', 'active', '2025-12-31 12:00+00'),
	(NULL, '', '', NULL, '{}', 'erased', '2025-01-01 00:00+00');
INSERT INTO lists (name) VALUES ('Paris Office'), ('Empty');
INSERT INTO list_people (list_id, person_id) VALUES (1, 1), (1, 2);
INSERT INTO programs (name, color) VALUES ('coffee', 'red'), ('lunch', 'blue');
INSERT INTO schedules (program_id, kind, anchor_wall, timezone, every_weeks) VALUES (1, 'automatic', '2026-01-01 10:00', 'UTC', 0);
INSERT INTO rounds (program_id, schedule_id, ordinal, kind, participation, review, at_deadline, timezone, opens_at)
	VALUES (1, 1, 0, 'automatic', 'ask', false, 'send', 'UTC', now());
INSERT INTO round_members (round_id, person_id) VALUES (1, 2), (1, 3);`

func TestWhoIsSelected(t *testing.T) {
	db := crowdDB(t)
	for _, c := range []struct {
		filter string
		want   []int64
	}{
		{``, []int64{1, 2, 3, 4, 5}},
		{`email = ADA@example.com`, []int64{1}},
		{`not email = ada@example.com`, []int64{2, 3, 4, 5}},
		{`email != ada@example.com`, []int64{2, 3, 4, 5}},
		{`email is not set`, []int64{5}},
		{`email contains EXAMPLE.ORG`, []int64{3, 4}},
		{`email starts with "example"`, nil},
		{`email contains "%"`, nil},
		{`name contains ŁOVE`, []int64{1}},
		{`name contains "çel"`, []int64{3}},
		{`name contains ångström`, []int64{3}},
		{`name = ""`, []int64{4, 5}},
		{`timezone starts with europe/`, []int64{1, 3}},
		{`owner = boss@CORP.example`, []int64{1}},
		{`owner is not set`, []int64{2, 3, 4, 5}},
		{`status = Inactive`, []int64{2}},
		{`status not in (inactive)`, []int64{1, 3, 4, 5}},
		{`department = sales`, []int64{1, 2}},
		{`department != sales`, []int64{3, 4, 5}},
		{`department in ("r&d", "", nothing)`, []int64{3, 4, 5}},
		{`department not in ("r&d", sales)`, []int64{4, 5}},
		{`department is set`, []int64{1, 2, 3}},
		{`attr."JOB title" = lead`, []int64{3}},
		{`age > -3`, []int64{1, 2, 4}},
		{`age <= 36`, []int64{1, 2}},
		{`age < 36.0`, []int64{2}},
		{`not age < 36`, []int64{1, 3, 4, 5}},
		{`start <= 2024-05-01`, []int64{1, 2}},
		{`start > 2024-05-01`, []int64{4}},
		{`list = "paris office"`, []int64{1, 2}},
		{`list != "paris office"`, []int64{3, 4, 5}},
		{`list in (empty, "no such list")`, nil},
		{`list is set`, []int64{1, 2}},
		{`program = 1`, []int64{2, 3}},
		{`program not in (1, 2)`, []int64{1, 4, 5}},
		{`program is not set`, []int64{1, 4, 5}},
		{`created = 2026-01-31`, []int64{1}},
		{`created != 2026-01-31`, []int64{2, 3, 4, 5}},
		{`created <= 2026-01-31 and created > 2025-12-31`, []int64{1}},
		{`created >= 2026-02-01T01:00:00+01:00`, []int64{2, 3}},
		{`created = 2026-02-01T00:00:00Z`, []int64{2}},
		{`status = active and (department = sales or timezone is not set)`, []int64{1, 4}},
		{`status = active and department = sales or name = bob`, []int64{1, 2}},
	} {
		e, err := filter.Parse(c.filter)
		require.NoError(t, err, c.filter)
		require.Equal(t, c.want, selected(t, db, e), c.filter)
	}
}

// Whatever the parser accepts, Postgres accepts, and "not" selects exactly the rest.
func TestEveryFilterIsTrueOrFalse(t *testing.T) {
	db := crowdDB(t)
	rapid.Check(t, func(rt *rapid.T) {
		e := filter.Draw(rt)
		opposite, err := filter.Parse("not (" + e.String() + ")")
		require.NoError(rt, err)
		both := append(selected(rt, db, e), selected(rt, db, opposite)...)
		require.ElementsMatch(rt, []int64{1, 2, 3, 4, 5}, both, e.String())
	})
}

func crowdDB(t *testing.T) *store.DB {
	db := storetest.New(t)
	_, err := db.Pool().Exec(context.Background(), crowd)
	require.NoError(t, err)
	return db
}

func selected(t require.TestingT, db *store.DB, e filter.Expr) []int64 {
	sql, args := e.SQL(1)
	var ids []int64
	err := db.Pool().QueryRow(context.Background(), fmt.Sprintf(`SELECT array_agg(p.id ORDER BY p.id) FROM people p WHERE p.id >= $1 AND %s`, sql),
		append([]any{0}, args...)...).Scan(&ids)
	require.NoError(t, err, "%s\n%s", e, sql)
	return ids
}
