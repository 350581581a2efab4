package store_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
	"rondo/activities/store/filter"
)

func (b crowd) export(text string) string {
	b.t.Helper()
	e, err := filter.Parse(text)
	require.NoError(b.t, err)
	var out bytes.Buffer
	require.NoError(b.t, b.ExportPeople(b.t.Context(), &out, e))
	return out.String()
}

func TestExportIsSafeAndImportsUnchanged(t *testing.T) {
	b := newCrowd(t)
	b.importCSV("email,name,owner,note,'=cmd\n"+
		"ada@example.com,\"=HYPERLINK(\"\"http://x\"\")\",boss@corp.example,\"-1, \"\"two\"\"\n+3\",@SUM\n"+
		"+bob@example.com,Bob,,''=quoted,\n"+
		"cat@example.com,Cat,,,\n", store.ImportOptions{})
	_, _, err := b.DeactivatePerson(t.Context(), b.byEmail("cat@example.com").ID)
	require.NoError(t, err)
	b.exec(`UPDATE people SET created_at = '2026-01-02T03:04:05Z', snoozed_until = CASE WHEN email = 'cat@example.com' THEN '2027-01-01T00:00:00Z'::timestamptz END`)

	require.Equal(t, "rondo_id,rondo_status,rondo_snoozed_until,rondo_created,email,name,timezone,owner,'=cmd,note\n"+
		"1,active,,2026-01-02T03:04:05Z,'+bob@example.com,Bob,,,,''=quoted\n"+
		"2,active,,2026-01-02T03:04:05Z,ada@example.com,\"'=HYPERLINK(\"\"http://x\"\")\",,boss@corp.example,'@SUM,\"'-1, \"\"two\"\"\n+3\"\n"+
		"3,inactive,2027-01-01T00:00:00Z,2026-01-02T03:04:05Z,cat@example.com,Cat,,,,\n", b.export(""))

	report, rejected := b.importCSV(b.export(""), store.ImportOptions{})
	require.Empty(t, rejected)
	require.Equal(t, 3, report.Unchanged)
}

func TestExportFollowsTheFilter(t *testing.T) {
	b := newCrowd(t)
	b.importCSV("email,team,secret\na@example.com,x,\nb@example.com,y,s\n", store.ImportOptions{})
	records, err := csv.NewReader(bytes.NewBufferString(b.export("team = x"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 2)
	require.Equal(t, []string{"email", "name", "timezone", "owner", "team"}, records[0][4:], "only the attributes of those exported")
	records, err = csv.NewReader(bytes.NewBufferString(b.export("team = z"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 1)
}

func TestExportStopsWhenTheReaderIsGone(t *testing.T) {
	b := newCrowd(t)
	b.create("ada@example.com")
	err := b.ExportPeople(t.Context(), goneWriter{}, filter.Expr{})
	require.ErrorIs(t, err, errGone)
	require.Equal(t, 1, b.countPeople(), "the connection is usable")
}

var errGone = errors.New("client gone")

type goneWriter struct{}

func (goneWriter) Write([]byte) (int, error) { return 0, errGone }
