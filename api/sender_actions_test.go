package api

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

func TestPauseResumeAndDeleteASender(t *testing.T) {
	d := setupCampaign(t)
	all := d.engage(d.sequence(steps()...), d.mailbox(nil), d.people(3, nil), nil)
	path := "/v1/senders/" + decimal(all[0].SenderID)
	s := get[Sender](t, d.call(Send, "POST", path+"/pause", nil), 200)
	require.NotNil(t, s.PausedAt)
	again := get[Sender](t, d.call(Send, "POST", path+"/pause", nil), 200)
	require.Equal(t, s.PausedAt, again.PausedAt)
	require.Nil(t, d.take(all[0].ID).Mail)
	require.Equal(t, "sender_paused", d.view(all[0].ID).Reason)
	require.Equal(t, 1, get[Changed](t, d.call(Send, "POST", path+"/resume", nil), 200).Changed, "the one that was due")
	require.Nil(t, d.wake(all[0].ID).Mail)
	require.Equal(t, "added", d.view(all[0].ID).State)
	require.NotNil(t, d.view(all[0].ID).DueAt)

	gone := get[struct{ Waiting int }](t, d.call(Admin, "DELETE", path, nil), 200)
	require.Equal(t, 3, gone.Waiting)
	for _, a := range []answer{
		d.call(Admin, "DELETE", path, nil), d.call(Send, "POST", path+"/pause", nil), d.call(Send, "POST", path+"/resume", nil),
		d.call(Read, "GET", path+"/forecast", nil),
	} {
		require.Equal(t, "sender_not_found", a.Problem.Code)
	}
	require.Equal(t, http.StatusForbidden, d.call(Send, "DELETE", path, nil).Status)
	require.Equal(t, "sender_deleted", d.view(all[1].ID).Why.Code)
	require.Equal(t, 3, d.act("reassign", map[string]any{"sender_id": all[0].SenderID, "to": d.mailbox(nil)}))
	require.NotEqual(t, "sender_deleted", d.view(all[1].ID).Why.Code)
}

func TestSenderForecast(t *testing.T) {
	d := setupCampaign(t)
	s := steps()
	sender := d.mailbox(func(s *store.Sender) { s.PerHour, s.PerDay = 10, 4 })
	all := d.engage(d.sequence(s[0], s[2]), sender, d.people(3, nil), nil)
	d.send(all[0].ID)
	type forecast struct {
		Timezone string
		Paused   bool
		Overdue  int
		Days     []SenderDay
	}
	path := "/v1/senders/" + decimal(sender) + "/forecast"
	f := get[forecast](t, d.call(Read, "GET", path+"?days=190", nil), 200)
	require.Equal(t, "UTC", f.Timezone)
	require.Len(t, f.Days, 190)
	today := d.clock.Now
	require.Equal(t, SenderDay{Date: today.Format(time.DateOnly), Reserved: 2, Claimed: 1, Quota: 4, Left: 1}, f.Days[0])
	require.Equal(t, SenderDay{Date: today.AddDate(0, 0, 1).Format(time.DateOnly), Quota: 4, Left: 4}, f.Days[1])
	require.Equal(t, SenderDay{Date: today.AddDate(0, 0, 2).Format(time.DateOnly), Reserved: 3, Quota: 4, Left: 1}, f.Days[2])
	require.Zero(t, f.Overdue)

	d.exec(`UPDATE slots SET at = now() - interval '1 hour' WHERE enrollment_id = $1 AND step = 1`, all[1].ID)
	d.exec(`UPDATE senders SET days = $2, from_hour = 9, to_hour = 10, min_gap_s = 1800 WHERE user_id = $1`, sender, []int32{int32(today.Weekday()+1) % 7})
	require.NoError(t, d.server.store.PauseSender(t.Context(), sender, 0))
	f = get[forecast](t, d.call(Read, "GET", path+"?days=3", nil), 200)
	require.True(t, f.Paused)
	require.Equal(t, 1, f.Overdue)
	require.Zero(t, f.Days[0].Quota, "it does not send today")
	require.Zero(t, f.Days[0].Left)
	require.Equal(t, 2, f.Days[1].Quota, "an hour of half-hour gaps")
	require.Equal(t, 2, f.Days[1].Left)

	require.Len(t, get[forecast](t, d.call(Read, "GET", path, nil), 200).Days, 30)
	require.Equal(t, 422, d.call(Read, "GET", path+"?days=191", nil).Status)
	require.Equal(t, 422, d.call(Read, "GET", path+"?days=0", nil).Status)
	require.Equal(t, "sender_not_found", d.call(Read, "GET", "/v1/senders/999/forecast", nil).Problem.Code)
}
