package api

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// get reads a body of an expected status.
func get[T any](t *testing.T, a answer, status int) T {
	t.Helper()
	require.Equal(t, status, a.Status, "%s", a.Body)
	var v T
	require.NoError(t, json.Unmarshal(a.Body, &v), "%s", a.Body)
	return v
}

func (f *fixture) importCSV(query, file string) answer {
	f.t.Helper()
	return f.call(Admin, "POST", "/v1/people/import"+query, file, "Content-Type", "text/csv; charset=utf-8")
}

// emails lists whom a filter selects, page by page.
func (f *fixture) emails(query string) (all []string) {
	f.t.Helper()
	for cursor := ""; ; {
		page := get[Page[Person]](f.t, f.call(Read, "GET", "/v1/people?limit=2&"+query+"&cursor="+cursor, nil), 200)
		for _, p := range page.Items {
			all = append(all, p.Email)
		}
		if cursor = page.NextCursor; cursor == "" {
			return all
		}
	}
}

func TestPersonThroughTheAPI(t *testing.T) {
	f := setup(t)
	get[User](t, f.call(Admin, "POST", "/v1/users", map[string]any{"email": "boss@corp.example"}), 201)
	body := map[string]any{"email": "Ada@Example.com", "name": "Ada", "timezone": "Europe/London", "owner": "boss@corp.example", "attributes": map[string]string{"Team": "R&D"}}
	a := f.call(Admin, "POST", "/v1/people", body, "Idempotency-Key", "once")
	p := get[Person](t, a, 201)
	require.Equal(t, "ada@example.com", p.Email)
	require.Equal(t, map[string]string{"team": "R&D"}, p.Attributes)
	require.Equal(t, `"v1"`, a.Header.Get("ETag"))
	again := f.call(Admin, "POST", "/v1/people", body, "Idempotency-Key", "once")
	require.Equal(t, a.Body, again.Body)
	require.Equal(t, "email_taken", f.call(Admin, "POST", "/v1/people", body).Problem.Code)

	path := "/v1/people/" + itoa(int(p.ID))
	patch := map[string]any{"owner": "", "attributes": map[string]string{"team": "", "office": "Paris"}}
	require.Equal(t, http.StatusPreconditionRequired, f.call(Admin, "PATCH", path, patch).Status)
	a = f.call(Admin, "PATCH", path, patch, "If-Match", `"v1"`)
	q := get[Person](t, a, 200)
	require.Equal(t, map[string]string{"office": "Paris"}, q.Attributes)
	require.Empty(t, q.Owner)
	require.Equal(t, "Ada", q.Name)
	require.Equal(t, http.StatusPreconditionFailed, f.call(Admin, "PATCH", path, patch, "If-Match", `"v1"`).Status)
	bad := f.call(Admin, "PATCH", path, map[string]any{"timezone": "Mars"}, "If-Match", a.Header.Get("ETag"))
	require.Equal(t, "timezone_unknown", bad.Problem.Code)
	require.Equal(t, "body.timezone", bad.Problem.Errors[0].Location)
	require.Equal(t, "person_not_found", f.call(Read, "GET", "/v1/people/999", nil).Problem.Code)
	require.Equal(t, q, get[Person](t, f.call(Read, "GET", path, nil), 200))
}

func TestPeopleAreFilteredAndPaged(t *testing.T) {
	f := setup(t)
	get[ImportReport](t, f.importCSV("", "email,team\na@x.example,Sales\nb@x.example,sales\nc@x.example,\nd@x.example,SALES\ne@y.example,IT\n"), 200)
	require.Equal(t, []string{"a@x.example", "b@x.example", "d@x.example"}, f.emails("filter="+url.QueryEscape("team = Sales")))
	require.Len(t, f.emails("filter="), 5)
	bad := f.call(Read, "GET", "/v1/people?filter="+url.QueryEscape("team == Sales"), nil)
	require.Equal(t, 422, bad.Status)
	require.Equal(t, "invalid_filter", bad.Problem.Code)
	require.Equal(t, "query.filter", bad.Problem.Errors[0].Location)
	require.Equal(t, "at character 6: there is no operator ==: use =", bad.Problem.Detail)

	program := get[Program](t, f.call(Admin, "POST", "/v1/programs", map[string]any{"name": "Coffee", "audience": "team is set and email != a@x.example"}), 201)
	require.Equal(t, []string{"b@x.example", "d@x.example"},
		f.emails(fmt.Sprintf("eligible_for=%d&filter=%s", program.ID, url.QueryEscape("team = sales"))))
	get[BlacklistEntry](t, f.call(Admin, "POST", "/v1/blacklist", map[string]any{"kind": "domain", "value": "x.example"}), 201)
	require.Equal(t, []string{"e@y.example"}, f.emails(fmt.Sprintf("eligible_for=%d", program.ID)))
	require.Equal(t, "program_not_found", f.call(Read, "GET", "/v1/people?eligible_for=99", nil).Problem.Code)
}

func TestActionsOnAPerson(t *testing.T) {
	f := setup(t)
	p := get[Person](t, f.call(Admin, "POST", "/v1/people", map[string]any{"email": "ada@example.com", "name": "Ada", "timezone": "Asia/Tokyo"}), 201)
	path := "/v1/people/" + itoa(int(p.ID))
	p = get[Person](t, f.call(Admin, "POST", path+"/deactivate", nil), 200)
	require.Equal(t, "inactive", p.Status)
	require.Equal(t, "admin", p.InactiveReason)
	require.Equal(t, "active", get[Person](t, f.call(Admin, "POST", path+"/reactivate", nil), 200).Status)

	year := time.Now().Year() + 1
	p = get[Person](t, f.call(Admin, "POST", path+"/snooze", map[string]any{"until": fmt.Sprintf("%d-03-01", year)}), 200)
	require.Equal(t, time.Date(year, 2, 28, 15, 0, 0, 0, time.UTC).AddDate(0, 0, leap(year)), p.SnoozedUntil.UTC(), "midnight in Tokyo")
	instant := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	p = get[Person](t, f.call(Admin, "POST", path+"/snooze", map[string]any{"until": instant}), 200)
	require.Equal(t, instant, p.SnoozedUntil.UTC())
	require.Nil(t, get[Person](t, f.call(Admin, "POST", path+"/snooze", map[string]any{}), 200).SnoozedUntil)
	require.Equal(t, "snooze_past", f.call(Admin, "POST", path+"/snooze", map[string]any{"until": "2020-01-01"}).Problem.Code)
	require.Equal(t, "invalid_date", f.call(Admin, "POST", path+"/snooze", map[string]any{"until": "tomorrow"}).Problem.Code)

	p = get[Person](t, f.call(Admin, "POST", path+"/erase", nil), 200)
	require.Equal(t, "erased", p.Status)
	require.Empty(t, p.Name+p.Email+p.Timezone)
	require.Equal(t, "person_erased", f.call(Admin, "POST", path+"/deactivate", nil).Problem.Code)
	require.Equal(t, "address_erased", f.call(Admin, "POST", "/v1/people", map[string]any{"email": "ADA@example.com"}).Problem.Code)
	report := get[ImportReport](t, f.importCSV("", "email\nada@example.com\n"), 200)
	require.Equal(t, 1, report.SkippedErased)
	require.NotContains(t, f.log.String(), "ada@example.com", "no address in the log")
}

func leap(year int) int {
	return time.Date(year, 2, 29, 0, 0, 0, 0, time.UTC).Day() / 29
}

func TestImportThroughTheAPI(t *testing.T) {
	f := setup(t)
	list := get[List](t, f.call(Admin, "POST", "/v1/lists", map[string]any{"name": "Paris"}), 201)
	file := "\ufeffEmail,Name,Team\r\nada@example.com,Ada,\"R&D\r\nLab\"\r\nnobody,x,y\r\nADA@example.com,Ada,z\r\nbob@example.com,Bob\r\n"
	want := ImportReport{
		RejectedLines: []RejectedLine{
			{Line: 4, Column: "email", Code: "email_invalid", Message: "an e-mail address has a name, an @ and a domain: ada@example.com"},
			{Line: 5, Column: "email", Code: "duplicate_line", Message: "line 2 has the same address: a person is one line"},
			{Line: 6, Code: "wrong_number_of_cells", Message: "the line has 2 cells, the header has 3"},
		},
		ImportCounts: ImportCounts{Lines: 4, Created: 1, Rejected: 3, Listed: 1},
	}
	require.Equal(t, want, get[ImportReport](t, f.importCSV("?all_or_nothing=true&list="+itoa(int(list.ID)), file), 200))
	require.Empty(t, f.emails("filter="))
	want.Kept = true
	require.Equal(t, want, get[ImportReport](t, f.importCSV("?list="+itoa(int(list.ID)), file), 200))
	require.Equal(t, []string{"ada@example.com"}, f.emails("filter="+url.QueryEscape("list = paris")))

	report := get[ImportReport](t, f.importCSV("", "email\nada@example.com\n"), 200)
	require.Equal(t, ImportReport{RejectedLines: []RejectedLine{}, ImportCounts: ImportCounts{Kept: true, Lines: 1, Unchanged: 1}}, report)

	for code, a := range map[string]answer{
		"csv_header_email":       f.importCSV("", "name\nAda\n"),
		"csv_empty":              f.importCSV("", ""),
		"list_not_found":         f.importCSV("?list=99", "email\n"),
		"invalid_request":        f.importCSV("?all_or_nothing=perhaps", "email\n"),
		"unsupported_media_type": f.call(Admin, "POST", "/v1/people/import", "email\n", "Content-Type", "application/json"),
		"unsupported_charset":    f.call(Admin, "POST", "/v1/people/import", "email\n", "Content-Type", "text/csv; charset=latin1"),
		"file_missing":           f.call(Admin, "POST", "/v1/people/import", "email\n", "Content-Type", "multipart/form-data; boundary=x"),
		"scope_missing":          f.call(Send, "POST", "/v1/people/import", "email\n", "Content-Type", "text/csv"),
	} {
		require.Equal(t, code, a.Problem.Code, "%d %s", a.Status, a.Body)
	}
}

func TestImportOfAForm(t *testing.T) {
	f := setup(t)
	form := func(field string) answer {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		require.NoError(t, w.WriteField("note", "first"))
		part, err := w.CreateFormFile(field, "people.csv")
		require.NoError(t, err)
		_, err = io.WriteString(part, "email\nada@example.com\n")
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return f.call(Admin, "POST", "/v1/people/import", body.String(), "Content-Type", w.FormDataContentType())
	}
	require.Equal(t, 1, get[ImportReport](t, form("file"), 200).Created)
	require.Equal(t, "file_missing", form("other").Problem.Code)
	cut := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nemail\nbob@example.com\n"
	require.Equal(t, "file_incomplete", f.call(Admin, "POST", "/v1/people/import", cut, "Content-Type", "multipart/form-data; boundary=x").Problem.Code)
	require.Equal(t, []string{"ada@example.com"}, f.emails("filter="))
}

func TestAnImportWithAKeyIsDoneOnce(t *testing.T) {
	f := setup(t)
	send := func() answer {
		return f.call(Admin, "POST", "/v1/people/import", "email\nada@example.com\nbad\n", "Content-Type", "text/csv", "Idempotency-Key", "k")
	}
	first, again := send(), send()
	require.Equal(t, 1, get[ImportReport](t, again, 200).Created, "the first answer")
	require.Equal(t, first.Body, again.Body)
	require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
}

func TestAFewImportsAtOnce(t *testing.T) {
	f := setup(t)
	type result struct {
		status int
		err    error
	}
	results := make(chan result)
	var uploads []*io.PipeWriter
	for range maxImports {
		r, w := io.Pipe()
		uploads = append(uploads, w)
		req := newRequest(t, "POST", f.url+"/v1/people/import", nil)
		req.Body, req.ContentLength = r, -1
		req.Header.Set("Content-Type", "text/csv")
		req.Header.Set("Authorization", "Bearer "+f.keys[Admin])
		go func() {
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				results <- result{err: err}
				return
			}
			results <- result{status: res.StatusCode, err: res.Body.Close()}
		}()
		_, err := io.WriteString(w, "email\nada@example.com\n")
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { // each has its table while it runs
		var running int
		err := f.server.store.Pool().QueryRow(t.Context(), `SELECT count(*) FROM pg_class WHERE relname = 'import_lines'`).Scan(&running)
		return err == nil && running == maxImports
	}, 10*time.Second, 10*time.Millisecond)
	busy := f.importCSV("", "email\n")
	require.Equal(t, "imports_busy", busy.Problem.Code)
	require.Equal(t, "5", busy.Header.Get("Retry-After"))
	for _, w := range uploads {
		require.NoError(t, w.Close())
	}
	for range maxImports {
		require.Equal(t, result{status: 200}, <-results)
	}
	get[ImportReport](t, f.importCSV("", "email\n"), 200)
}

func TestExportThroughTheAPI(t *testing.T) {
	f := setup(t)
	get[ImportReport](t, f.importCSV("", "email,name,team\nada@example.com,=1+1,x\nbob@example.com,Bob,y\n"), 200)
	a := f.call(Read, "GET", "/v1/people/export?filter="+url.QueryEscape("team = x"), nil)
	require.Equal(t, 200, a.Status)
	require.Equal(t, "text/csv; charset=utf-8", a.Header.Get("Content-Type"))
	records, err := csv.NewReader(bytes.NewReader(a.Body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 2)
	require.Equal(t, []string{"ada@example.com", "'=1+1", "", "", "x"}, records[1][4:])
	require.Equal(t, "invalid_filter", f.call(Read, "GET", "/v1/people/export?filter=x", nil).Problem.Code)
	report := get[ImportReport](t, f.importCSV("", string(f.call(Read, "GET", "/v1/people/export", nil).Body)), 200)
	require.Equal(t, ImportCounts{Kept: true, Lines: 2, Unchanged: 2}, report.ImportCounts)
}

func TestListsThroughTheAPI(t *testing.T) {
	f := setup(t)
	get[ImportReport](t, f.importCSV("", "email\na@x.example\nb@x.example\nc@y.example\n"), 200)
	a := f.call(Admin, "POST", "/v1/lists", map[string]any{"name": "Paris"})
	l := get[List](t, a, 201)
	path := "/v1/lists/" + itoa(int(l.ID))
	require.Equal(t, "list_name_taken", f.call(Admin, "POST", "/v1/lists", map[string]any{"name": "Paris"}).Problem.Code)
	changed := func(a answer) int64 {
		return get[struct {
			Changed int64 `json:"changed"`
		}](t, a, 200).Changed
	}
	require.EqualValues(t, 2, changed(f.call(Admin, "POST", path+"/people", map[string]any{"filter": "email contains x.example"})))
	require.EqualValues(t, 1, changed(f.call(Admin, "POST", path+"/people", map[string]any{"people": []int64{1, 3}})))
	require.EqualValues(t, 1, changed(f.call(Admin, "POST", path+"/people/remove", map[string]any{"people": []int64{1}})))
	require.EqualValues(t, 2, changed(f.call(Admin, "POST", path+"/people/remove", map[string]any{"filter": ""})))
	for code, body := range map[string]map[string]any{
		"people_or_filter": {}, "invalid_filter": {"filter": "("}, "person_not_found": {"people": []int64{99}}, "invalid_request": {"people": []int64{}},
	} {
		require.Equal(t, code, f.call(Admin, "POST", path+"/people", body).Problem.Code)
	}
	require.Equal(t, "people_or_filter", f.call(Admin, "POST", path+"/people", map[string]any{"people": []int64{1}, "filter": ""}).Problem.Code)

	rename := map[string]any{"name": "Lyon"}
	require.Equal(t, http.StatusPreconditionRequired, f.call(Admin, "PATCH", path, rename).Status)
	b := f.call(Admin, "PATCH", path, rename, "If-Match", a.Header.Get("ETag"))
	require.Equal(t, "Lyon", get[List](t, b, 200).Name)
	require.Equal(t, http.StatusPreconditionFailed, f.call(Admin, "DELETE", path, nil, "If-Match", a.Header.Get("ETag")).Status)
	require.Len(t, get[Page[List]](t, f.call(Read, "GET", "/v1/lists", nil), 200).Items, 1)
	require.Equal(t, http.StatusNoContent, f.call(Admin, "DELETE", path, nil, "If-Match", b.Header.Get("ETag")).Status)
	require.Equal(t, "list_not_found", f.call(Read, "GET", path, nil).Problem.Code)
}

func TestBlacklistThroughTheAPI(t *testing.T) {
	f := setup(t)
	p := get[Person](t, f.call(Admin, "POST", "/v1/people", map[string]any{"email": "ada@example.com"}), 201)
	entry := get[BlacklistEntry](t, f.call(Admin, "POST", "/v1/blacklist", map[string]any{"kind": "domain", "value": "Corp.example", "reason": "competitor"}), 201)
	require.Equal(t, "corp.example", entry.Value)
	require.Equal(t, "already_blacklisted", f.call(Admin, "POST", "/v1/blacklist", map[string]any{"kind": "domain", "value": "corp.example"}).Problem.Code)
	require.Equal(t, "domain_invalid", f.call(Admin, "POST", "/v1/blacklist", map[string]any{"kind": "domain", "value": "x"}).Problem.Code)
	require.Equal(t, entry, get[BlacklistEntry](t, f.call(Read, "GET", "/v1/blacklist/"+itoa(int(entry.ID)), nil), 200))
	require.Equal(t, http.StatusNoContent, f.call(Admin, "DELETE", "/v1/blacklist/"+itoa(int(entry.ID)), nil).Status)

	_, err := f.server.store.BlacklistPerson(t.Context(), p.ID, "unsubscribe", "")
	require.NoError(t, err)
	page := get[Page[BlacklistEntry]](t, f.call(Read, "GET", "/v1/blacklist?origin=unsubscribe", nil), 200)
	require.Len(t, page.Items, 1)
	require.True(t, page.Items[0].NeedsConsent)
	path := "/v1/blacklist/" + itoa(int(page.Items[0].ID))
	require.Equal(t, "blacklisted", f.call(Admin, "POST", "/v1/people/"+itoa(int(p.ID))+"/reactivate", nil).Problem.Code)
	require.Equal(t, "consent_required", f.call(Admin, "DELETE", path, nil).Problem.Code)
	require.Equal(t, "scope_missing", f.call(Send, "POST", path+"/consent", map[string]any{"evidence": "said so"}).Problem.Code)
	require.Equal(t, "invalid_request", f.call(Admin, "POST", path+"/consent", map[string]any{}).Problem.Code)
	require.Equal(t, http.StatusNoContent, f.call(Admin, "POST", path+"/consent", map[string]any{"evidence": "said so on the phone"}).Status)
	require.Equal(t, "active", get[Person](t, f.call(Read, "GET", "/v1/people/"+itoa(int(p.ID)), nil), 200).Status)
	var key int64
	require.NoError(t, f.server.store.Pool().QueryRow(t.Context(), `SELECT key_id FROM consents WHERE person_id = $1`, p.ID).Scan(&key))
	require.Positive(t, key)
}

func TestUsersThroughTheAPI(t *testing.T) {
	f := setup(t)
	a := f.call(Admin, "POST", "/v1/users", map[string]any{"email": "Eva@corp.example", "timezone": "Europe/Berlin"})
	u := get[User](t, a, 201)
	path := "/v1/users/" + itoa(int(u.ID))
	require.Equal(t, http.StatusPreconditionRequired, f.call(Admin, "PATCH", path, map[string]any{"name": "Eva"}).Status)
	require.Equal(t, "Eva", get[User](t, f.call(Admin, "PATCH", path, map[string]any{"name": "Eva"}, "If-Match", a.Header.Get("ETag")), 200).Name)
	require.Equal(t, "email_taken", f.call(Admin, "POST", "/v1/users", map[string]any{"email": "eva@corp.example"}).Problem.Code)
	require.Equal(t, "Eva", get[User](t, f.call(Read, "GET", path, nil), 200).Name)
	require.Len(t, get[Page[User]](t, f.call(Read, "GET", "/v1/users", nil), 200).Items, 1)
	require.Equal(t, "user_not_found", f.call(Read, "GET", "/v1/users/99", nil).Problem.Code)
}

func TestWishesThroughTheAPI(t *testing.T) {
	f := setup(t)
	get[ImportReport](t, f.importCSV("", "email\na@x.example\nb@x.example\nc@x.example\n"), 200)
	a := f.call(Admin, "GET", "/v1/people/1/wishes", nil)
	require.Equal(t, Wishes{Meet: []int64{}, Avoid: []int64{}}, get[Wishes](t, a, 200))
	require.Equal(t, "scope_missing", f.call(Read, "GET", "/v1/people/1/wishes", nil).Problem.Code)
	want := Wishes{Meet: []int64{3}, Avoid: []int64{2}}
	require.Equal(t, http.StatusPreconditionRequired, f.call(Admin, "PUT", "/v1/people/1/wishes", want).Status)
	b := f.call(Admin, "PUT", "/v1/people/1/wishes", want, "If-Match", a.Header.Get("ETag"))
	require.Equal(t, want, get[Wishes](t, b, 200))
	c := f.call(Admin, "GET", "/v1/people/1/wishes", nil)
	require.Equal(t, want, get[Wishes](t, c, 200))
	require.Equal(t, b.Header.Get("ETag"), c.Header.Get("ETag"))
	bad := f.call(Admin, "PUT", "/v1/people/1/wishes", Wishes{Meet: []int64{1}, Avoid: []int64{}}, "If-Match", b.Header.Get("ETag"))
	require.Equal(t, "wish_for_oneself", bad.Problem.Code)
}
