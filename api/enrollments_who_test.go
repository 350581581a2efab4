package api

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

// Who paused or stopped a contact, and with what else, is told to whoever asks why.
func TestWhoPausedIsNamed(t *testing.T) {
	d := setupCampaign(t)
	const sam = Scope("sam") // somebody's own key
	user, err := d.server.store.CreateUser(t.Context(), "sam@corp.example", "Sam Sales", "")
	require.NoError(t, err)
	_, text, err := d.server.store.CreateKey(t.Context(), store.KeyInput{Name: "laptop", Scopes: []string{"send"}, UserID: &user.ID})
	require.NoError(t, err)
	d.keys[sam] = text
	sequence, sender := d.sequence(steps()...), d.mailbox(nil)
	all := d.engage(sequence, sender, d.people(4, nil), nil)
	act := func(who Scope, path string, body any) {
		t.Helper()
		require.Equal(t, 200, d.call(who, "POST", path, body).Status)
	}
	why := func(i int, code, text, by string) {
		t.Helper()
		w := d.view(all[i].ID).Why
		require.Equal(t, code, w.Code)
		require.Contains(t, w.Text, text)
		require.Equal(t, by, w.By)
	}
	resume := func() {
		t.Helper()
		act(Send, "/v1/enrollments/resume", Selection{SequenceID: sequence})
		for _, e := range all {
			d.wake(e.ID)
		}
		require.Empty(t, d.view(all[0].ID).Why.By, "it is paused no more")
	}

	act(sam, "/v1/enrollments/pause", Selection{IDs: []int64{all[0].ID}})
	act(Send, "/v1/enrollments/pause", Selection{BatchID: all[0].BatchID})
	why(0, "paused", "It was paused by Sam Sales, until it is resumed.", "Sam Sales")
	why(1, "paused", "It was paused by the API key send with its whole batch, until it is resumed.", "the API key send")
	resume()
	act(sam, "/v1/enrollments/pause", map[string]any{"sequence_id": sequence, "until": d.clock.Now.AddDate(0, 0, 3)})
	why(0, "paused", "It was paused by Sam Sales with its whole sequence until ", "Sam Sales")
	resume()
	act(sam, "/v1/enrollments/pause", Selection{SenderID: sender})
	why(0, "paused", "It was paused by Sam Sales with all contacts of its sender, until", "Sam Sales")
	act(Send, "/v1/enrollments/reassign", map[string]any{"sender_id": sender, "to": sender})
	why(0, "paused", "It was paused by Sam Sales", "Sam Sales")
	resume()

	act(sam, "/v1/senders/"+decimal(sender)+"/pause", nil)
	act(Send, "/v1/senders/"+decimal(sender)+"/pause", nil) // it is
	why(0, "sender_paused", ", by Sam Sales, until it is resumed.", "Sam Sales")
	act(Send, "/v1/senders/"+decimal(sender)+"/resume", nil)
	why(0, "slot", "waits for its slot", "")

	act(Signal, "/v1/enrollments/"+decimal(all[1].ID)+"/responses", `{"kind": "out_of_office", "key": "1"}`)
	why(1, "out_of_office", "The contact is out of office, says the API key signal.", "the API key signal")
	_, _, err = d.server.store.Respond(t.Context(), store.Response{Enrollment: all[2].ID, Key: "2", Kind: "out_of_office"})
	require.NoError(t, err)
	why(2, "out_of_office", "The contact is out of office. It goes on on", "")

	act(sam, "/v1/enrollments/stop", Selection{IDs: []int64{all[0].ID}})
	why(0, "over", "It was stopped by Sam Sales, on ", "Sam Sales")
	act(Send, "/v1/enrollments/stop", Selection{SequenceID: sequence})
	why(3, "over", "It was stopped by the API key send with its whole sequence, on ", "the API key send")
}
