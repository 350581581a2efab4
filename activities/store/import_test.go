package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/fault"
	"rondo/activities/store"
	"rondo/activities/store/filter"
	"rondo/activities/store/storetest"
)

// crowd is a database with what most tests of people start from.
type crowd struct {
	*store.DB
	t   *testing.T
	key store.ErasureKey
}

func newCrowd(t *testing.T) crowd {
	t.Helper()
	key, err := store.NewErasureKey([]byte(strings.Repeat("s", 32)))
	require.NoError(t, err)
	b := crowd{DB: storetest.New(t), t: t, key: key}
	_, err = b.CreateUser(t.Context(), "boss@corp.example", "Boss", "")
	require.NoError(t, err)
	return b
}

func (b crowd) importCSV(file string, o store.ImportOptions) (store.ImportReport, []store.RejectedLine) {
	b.t.Helper()
	var rejected []store.RejectedLine
	o.Erasures = b.key
	o.Rejected = func(l store.RejectedLine) error { rejected = append(rejected, l); return nil }
	report, err := b.ImportPeople(b.t.Context(), strings.NewReader(file), o)
	require.NoError(b.t, err)
	require.Len(b.t, rejected, report.Rejected)
	if len(report.Rings) == 0 {
		report.Rings = nil
	}
	require.Equal(b.t, report.Lines, report.Created+report.Updated+report.Unchanged+report.Rejected+report.SkippedErased)
	return report, rejected
}

func (b crowd) byEmail(address string) store.Person {
	b.t.Helper()
	e, err := filter.Parse(fmt.Sprintf("email = %q", address))
	require.NoError(b.t, err)
	found, err := b.People(b.t.Context(), e, store.Page{Limit: 2})
	require.NoError(b.t, err)
	require.Len(b.t, found, 1, address)
	return found[0]
}

func (b crowd) create(address string) store.Person {
	b.t.Helper()
	p, _, err := b.CreatePerson(b.t.Context(), b.key, store.NewPerson{Email: address})
	require.NoError(b.t, err)
	return p
}

func (b crowd) exec(sql string, args ...any) {
	b.t.Helper()
	_, err := b.Pool().Exec(b.t.Context(), sql, args...)
	require.NoError(b.t, err)
}

func faultCode(err error) string {
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}

func TestImportCreatesAndUpdates(t *testing.T) {
	b := newCrowd(t)
	report, _ := b.importCSV("\ufeffEmail , NAME,TimeZone,owner,Department,Job Title\r\n"+
		"Ada@Example.com,\"Lovelace, Ada\",Europe/London,BOSS@corp.example,R&D,\"Head of\r\nengines\"\r\n\r\n"+
		"bob@bücher.example,Bob,,,Sales,\r\n", store.ImportOptions{})
	require.Equal(t, store.ImportReport{Lines: 2, Created: 2, Kept: true}, report)
	ada := b.byEmail("ada@example.com")
	require.Equal(t, "Lovelace, Ada", ada.Name)
	require.Equal(t, "Europe/London", ada.Timezone)
	require.Equal(t, "boss@corp.example", ada.Owner)
	require.Equal(t, map[string]string{"department": "R&D", "job title": "Head of\nengines"}, ada.Attributes)
	require.Equal(t, store.Active, ada.Status)
	require.Equal(t, map[string]string{"department": "Sales"}, b.byEmail("bob@xn--bcher-kva.example").Attributes)

	// A missing column leaves, an empty cell clears, a new column adds; who is not in the file stays.
	report, _ = b.importCSV("email,department,office\nADA@example.com,,London\n", store.ImportOptions{})
	require.Equal(t, store.ImportReport{Lines: 1, Updated: 1, Kept: true}, report)
	again := b.byEmail("ada@example.com")
	require.Equal(t, map[string]string{"job title": "Head of\nengines", "office": "London"}, again.Attributes)
	require.Equal(t, ada.ID, again.ID)
	require.Equal(t, ada.Version+1, again.Version)
	require.Equal(t, "Lovelace, Ada", again.Name)
	require.Equal(t, "boss@corp.example", again.Owner)

	report, _ = b.importCSV("email,name,owner\nada@example.com,,\n", store.ImportOptions{})
	require.Equal(t, 1, report.Updated)
	require.Empty(t, b.byEmail("ada@example.com").Name)
	require.Nil(t, b.byEmail("ada@example.com").OwnerID)

	report, _ = b.importCSV("email,name,owner\nada@example.com,,\n", store.ImportOptions{})
	require.Equal(t, store.ImportReport{Lines: 1, Unchanged: 1, Kept: true}, report)
	require.Equal(t, again.Version+1, b.byEmail("ada@example.com").Version)
}

func TestEveryRejectedLineHasItsReason(t *testing.T) {
	b := newCrowd(t)
	file := "email,name,timezone,owner,note\n" + // line 1
		"ok@example.com,Fine,,,\n" +
		",Nobody,,,\n" +
		"not an address,x,,,\n" +
		strings.Repeat("a", 65) + "@example.com,x,,,\n" +
		"cc@example.com\t,\"line\nbreak\",,,\n" + // two lines
		"zone@example.com,x,Mars/Olympus,,\n" +
		"owner@example.com,x,,nobody@corp.example,\n" +
		"owner2@example.com,x,,nobody,\n" +
		"OK@example.com,Again,,,\n" +
		"few@example.com,x\n" +
		"many@example.com,x,,,,\n" +
		"quote@example.com,a\"b,,,\n" +
		"long@example.com,x,,," + strings.Repeat("n", store.MaxAttributeValue+1) + "\n" +
		"latin@example.com,\xe9,,,\n" +
		"nul@example.com,x,,,a\x00b\n" +
		"last@example.com,Fine too,,,\"two\nlines\"\n"
	want := []store.RejectedLine{
		{Line: 3, Column: "email", Code: "email_required"},
		{Line: 4, Column: "email", Code: "email_invalid"},
		{Line: 5, Column: "email", Code: "email_too_long"},
		{Line: 6, Column: "name", Code: "control_character"},
		{Line: 8, Column: "timezone", Code: "timezone_unknown"},
		{Line: 9, Column: "owner", Code: "owner_unknown"},
		{Line: 10, Column: "owner", Code: "email_invalid"},
		{Line: 11, Column: "email", Code: "duplicate_line"},
		{Line: 12, Code: "wrong_number_of_cells"},
		{Line: 13, Code: "wrong_number_of_cells"},
		{Line: 14, Code: "malformed_quotes"},
		{Line: 15, Column: "note", Code: "too_long"},
		{Line: 16, Column: "name", Code: "not_utf8"},
		{Line: 17, Column: "note", Code: "control_character"},
	}
	check := func(rejected []store.RejectedLine) {
		for i := range rejected {
			require.NotEmpty(t, rejected[i].Message)
			rejected[i].Message = ""
		}
		require.Equal(t, want, rejected)
	}
	report, rejected := b.importCSV(file, store.ImportOptions{AllOrNothing: true})
	check(rejected)
	require.Equal(t, store.ImportReport{Lines: 16, Created: 2, Rejected: 14, Kept: false}, report)
	require.Zero(t, b.countPeople(), "nothing is kept")

	report, rejected = b.importCSV(file, store.ImportOptions{})
	check(rejected)
	require.Equal(t, store.ImportReport{Lines: 16, Created: 2, Rejected: 14, Kept: true}, report)
	require.Equal(t, "Fine", b.byEmail("ok@example.com").Name)
	require.Equal(t, "two\nlines", b.byEmail("last@example.com").Attributes["note"])

	_, rejected = b.importCSV("email\ntwice@example.com\nTWICE@example.com\n", store.ImportOptions{})
	require.Equal(t, "line 2 has the same address: a person is one line", rejected[0].Message)
}

func TestFilesThatCannotBeRead(t *testing.T) {
	b := newCrowd(t)
	for file, want := range map[string]string{
		"":                          "csv_empty",
		"\n\n":                      "csv_empty",
		"name\nAda\n":               "csv_header_email",
		"email;name\na;b\n":         "csv_header_email",
		"email,a, A \n":             "csv_header_duplicate",
		"email,EMAIL\n":             "csv_header_duplicate",
		"email,\n":                  "csv_header_invalid",
		"email,\"a\"b\n":            "csv_header_invalid",
		"email,\xe9\n":              "csv_header_invalid",
		"\xff\xfee\x00m\x00":        "csv_header_invalid",
		"email," + manyColumns(101): "too_many_attributes",
		"email,x\nada@example.com,\n\"" + strings.Repeat("x", 300<<10): "csv_line_too_large",
	} {
		_, err := b.ImportPeople(t.Context(), strings.NewReader(file), store.ImportOptions{Erasures: b.key})
		require.Equal(t, want, faultCode(err), "%.40q: %v", file, err)
		require.Equal(t, fault.Invalid, fault.From(err).Kind)
	}
	_, err := b.ImportPeople(t.Context(), strings.NewReader("email\n"), store.ImportOptions{Erasures: b.key, List: 99})
	require.Equal(t, "list_not_found", faultCode(err))
	require.Zero(t, b.countPeople())
}

func manyColumns(n int) string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprint("a", i))
	}
	return strings.Join(names, ",")
}

func TestAnUploadThatBreaksOffChangesNothing(t *testing.T) {
	b := newCrowd(t)
	broken := io.MultiReader(strings.NewReader("email\nada@example.com\n"), errReader{})
	_, err := b.ImportPeople(t.Context(), broken, store.ImportOptions{Erasures: b.key})
	require.ErrorIs(t, err, errBroken)
	require.Zero(t, b.countPeople())
	report, _ := b.importCSV("email\nada@example.com\n", store.ImportOptions{})
	require.Equal(t, 1, report.Created, "the session is clean again")
}

var errBroken = errors.New("connection reset")

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errBroken }

func TestImportNeverReactivatesAndNeverTellsOfTheErased(t *testing.T) {
	b := newCrowd(t)
	b.importCSV("email\nidle@example.com\nout@example.com\ngone@example.com\n", store.ImportOptions{})
	_, _, err := b.DeactivatePerson(t.Context(), b.byEmail("idle@example.com").ID)
	require.NoError(t, err)
	_, err = b.BlacklistPerson(t.Context(), b.byEmail("out@example.com").ID, store.ByUnsubscribe, "")
	require.NoError(t, err)
	_, _, err = b.ErasePerson(t.Context(), b.key, b.byEmail("gone@example.com").ID)
	require.NoError(t, err)

	report, rejected := b.importCSV("email,name\nidle@example.com,I\nout@example.com,O\nGone@example.com,G\n", store.ImportOptions{})
	require.Equal(t, store.ImportReport{Lines: 3, Updated: 2, SkippedErased: 1, Kept: true}, report)
	require.Empty(t, rejected)
	require.Equal(t, store.Inactive, b.byEmail("idle@example.com").Status)
	require.Equal(t, store.Inactive, b.byEmail("out@example.com").Status)
	require.Equal(t, "O", b.byEmail("out@example.com").Name)
	require.Equal(t, 2, b.countPeople())
}

func (b crowd) countPeople() (n int) {
	b.t.Helper()
	require.NoError(b.t, b.Pool().QueryRow(b.t.Context(), `SELECT count(*) FROM people WHERE status <> 'erased'`).Scan(&n))
	return n
}

func TestImportIntoAListWakesOpenRounds(t *testing.T) {
	b := newCrowd(t)
	b.openRound()
	l, err := b.CreateList(t.Context(), "Paris")
	require.NoError(t, err)
	report, _ := b.importCSV("email\nada@example.com\nbob@example.com\nbad\n", store.ImportOptions{List: l.ID})
	require.Equal(t, 2, report.Listed)
	require.Len(t, report.Rings, 1)
	report, _ = b.importCSV("email\nada@example.com\ncat@example.com\n", store.ImportOptions{List: l.ID})
	require.Equal(t, 1, report.Listed)
	require.Equal(t, 1, report.Unchanged)
	require.Empty(t, report.Rings, "the round has been marked already")
	l, err = b.List(t.Context(), l.ID)
	require.NoError(t, err)
	require.EqualValues(t, 3, l.People)
}

// openRound makes an open round of a program that everybody belongs to, and returns its id.
func (b crowd) openRound() (id int64) {
	b.t.Helper()
	require.NoError(b.t, b.Pool().QueryRow(b.t.Context(), `
		WITH p AS (INSERT INTO programs (name, color) VALUES ('coffee', 'red') RETURNING id),
		s AS (INSERT INTO schedules (program_id, kind, anchor_wall, timezone, every_weeks) SELECT id, 'automatic', '2026-01-01', 'UTC', 0 FROM p RETURNING id, program_id)
		INSERT INTO rounds (program_id, schedule_id, ordinal, phase, kind, participation, review, at_deadline, timezone, opens_at)
		SELECT program_id, id, 0, 'open', 'automatic', 'ask', false, 'send', 'UTC', now() FROM s RETURNING id`).Scan(&id))
	return id
}

// An erasure that meets an import of the same person ends with the person gone, whichever comes first.
func TestAnErasureIsNeverUndoneByAnImport(t *testing.T) {
	b := newCrowd(t)
	for i := range 20 {
		address := fmt.Sprintf("person%d@example.com", i)
		id := b.create(address).ID
		var wg sync.WaitGroup
		errs := make([]error, 3)
		wg.Go(func() { _, _, errs[0] = b.ErasePerson(t.Context(), b.key, id) })
		for n := 1; n <= 2; n++ {
			wg.Go(func() {
				_, errs[n] = b.ImportPeople(t.Context(), strings.NewReader("email,name\n"+address+",Again\n"), store.ImportOptions{Erasures: b.key})
			})
		}
		wg.Wait()
		require.NoError(t, errors.Join(errs...))
		require.Zero(t, b.countPeople())
	}
}

// Imports of the same people in any order wait for each other instead of blocking each other for good.
func TestImportsOfTheSamePeopleAtOnce(t *testing.T) {
	b := newCrowd(t)
	var up, down strings.Builder
	for i := range 500 {
		fmt.Fprintf(&up, "person%03d@example.com,up\n", i)
		fmt.Fprintf(&down, "person%03d@example.com,down\n", 499-i)
	}
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for n := range errs {
		wg.Go(func() {
			file := "email,name\n" + []string{up.String(), down.String()}[n%2]
			_, errs[n] = b.ImportPeople(t.Context(), strings.NewReader(file), store.ImportOptions{Erasures: b.key})
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Equal(t, 500, b.countPeople())
}

// generated streams a file of n people without ever holding it.
type generated struct {
	n, at int
	bad   bool // every line is rejected
	line  string
}

func (g *generated) Read(p []byte) (int, error) {
	if g.line == "" {
		if g.at > g.n {
			return 0, io.EOF
		}
		g.line = "email,name,timezone,owner,department,office\n"
		if g.at > 0 {
			g.line = fmt.Sprintf("person%d@example.com,Person Number %d,Europe/Paris,boss@corp.example,Department %d,Office %d\n", g.at, g.at, g.at%20, g.at%7)
		}
		if g.at > 0 && g.bad {
			g.line = fmt.Sprintf("person%d,%s\n", g.at, strings.Repeat("x", 80))
		}
		g.at++
	}
	n := copy(p, g.line)
	g.line = g.line[n:]
	return n, nil
}

// peakOfLiveHeap collects garbage until told to stop and gives the most bytes that a collection found alive.
func peakOfLiveHeap(stop <-chan struct{}) (most uint64) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for {
		select {
		case <-stop:
			return most
		default:
			runtime.GC()
			metrics.Read(live)
			most = max(most, live[0].Value.Uint64())
		}
	}
}

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	b := newCrowd(t)
	peak := func(n int, bad bool) uint64 {
		stop, most := make(chan struct{}), make(chan uint64)
		go func() { most <- peakOfLiveHeap(stop) }()
		start := time.Now()
		listed := 0
		report, err := b.ImportPeople(t.Context(), &generated{n: n, bad: bad}, store.ImportOptions{
			Erasures: b.key, Rejected: func(store.RejectedLine) error { listed++; return nil },
		})
		took := time.Since(start)
		close(stop)
		live := <-most
		require.NoError(t, err)
		require.Equal(t, n, report.Lines)
		require.Equal(t, listed, report.Rejected)
		t.Logf("%d lines, %d of them rejected, in %v: %.0f lines/s while collecting garbage all the time, peak of the live heap %.1f MiB",
			n, report.Rejected, took.Round(time.Millisecond), float64(n)/took.Seconds(), float64(live)/(1<<20))
		return live
	}
	peak(10_000, false) // warms caches
	small := peak(10_000, false)
	large := max(peak(100_000, false), peak(100_000, true))
	const file = 100_000 * 90 // bytes
	require.Less(t, large, small+file/2, "ten times the lines took more memory")

	start := time.Now()
	report, err := b.ImportPeople(context.Background(), &generated{n: 100_000}, store.ImportOptions{Erasures: b.key})
	require.NoError(t, err)
	require.Equal(t, 100_000, report.Unchanged)
	t.Logf("100000 unchanged lines: %.0f lines/s", 100_000/time.Since(start).Seconds())
}
