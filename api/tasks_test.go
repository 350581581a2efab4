package api

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

func TestTasks(t *testing.T) {
	d := setupCampaign(t)
	s := steps()
	sender := d.mailbox(nil)
	all := d.engage(d.sequence(s[1], s[1], s[0]), sender, d.people(2, nil), nil)
	list := func(query string) []Task {
		t.Helper()
		return get[Page[Task]](t, d.call(Read, "GET", "/v1/tasks"+query, nil), 200).Items
	}
	require.Empty(t, list(""))
	for _, e := range all {
		d.take(e.ID)
	}
	open := list("?open=true")
	require.Len(t, open, 2)
	require.Equal(t, "Call them", open[0].Text)
	require.Equal(t, sender, open[0].UserID)
	require.Contains(t, open[0].Name, "Ada")
	require.Empty(t, list("?user=999"))
	require.Len(t, list("?user="+decimal(sender)), 2)

	path := "/v1/enrollments/" + decimal(all[0].ID) + "/task/"
	done := get[struct {
		State string
		Step  int
	}](t, d.call(Send, "POST", path+"done", nil), 200)
	require.Equal(t, "active", done.State)
	require.Equal(t, 2, done.Step)
	require.Equal(t, "no_open_task", d.call(Send, "POST", path+"done", nil).Problem.Code, "the second has not turned up yet")
	d.wake(all[0].ID)
	require.Equal(t, 200, d.call(Send, "POST", path+"skip", nil).Status)
	require.Equal(t, 3, d.view(all[0].ID).Step)
	require.Len(t, list("?open=true"), 1)
	require.Len(t, list(""), 3)

	var paged []string
	for cursor := ""; ; {
		page := get[Page[Task]](t, d.call(Read, "GET", "/v1/tasks?limit=1&cursor="+cursor, nil), 200)
		for _, task := range page.Items {
			paged = append(paged, task.Outcome)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	require.ElementsMatch(t, []string{"done", "skipped", ""}, paged, "tasks of one enrollment on two pages")

	_, err := d.server.store.StopEnrollments(t.Context(), store.EnrollmentFilter{IDs: []int64{all[1].ID}}, 0)
	require.NoError(t, err)
	require.Empty(t, list("?open=true"))
	require.Equal(t, "no_open_task", d.call(Send, "POST", "/v1/enrollments/"+decimal(all[1].ID)+"/task/skip", nil).Problem.Code)
	require.Equal(t, "enrollment_not_found", d.call(Send, "POST", "/v1/enrollments/999/task/done", nil).Problem.Code)
	require.Equal(t, http.StatusForbidden, d.call(Read, "POST", path+"done", nil).Status)
}

func TestTaskOfAPausedContact(t *testing.T) {
	d := setupCampaign(t)
	e := d.engage(d.sequence(steps()[1], steps()[0]), d.mailbox(nil), d.people(1, nil), nil)[0]
	d.take(e.ID)
	require.Equal(t, 1, d.act("pause", Selection{IDs: []int64{e.ID}}))
	path := "/v1/enrollments/" + decimal(e.ID) + "/task/done"
	require.Equal(t, "enrollment_paused", d.call(Send, "POST", path, nil).Problem.Code)
	require.Equal(t, 1, d.act("resume", Selection{IDs: []int64{e.ID}}))
	d.wake(e.ID)
	d.wake(e.ID)
	require.Equal(t, "task", d.view(e.ID).Why.Code)
	require.Equal(t, 200, d.call(Send, "POST", path, nil).Status)
}
