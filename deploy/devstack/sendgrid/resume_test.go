package sendgrid

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a stop interrupts is taken up by the next start: posts that were refused, and events that had not happened yet.
func TestEventsSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	var ids []any
	t.Run("first run", func(t *testing.T) {
		s := startIn(t, dir)
		s.send(letter("done@example.com"))
		s.await("the first mail's events", func() bool { return len(s.events()) == 2 && s.only().Events[1].Webhook == postedOnce.String() })
		s.receiver.mu.Lock()
		s.receiver.answer = func(post) int { return http.StatusServiceUnavailable }
		s.receiver.mu.Unlock()
		s.send(letter("drop@example.com"))
		s.await("a refusal", func() bool { return len(s.names("drop@example.com")) > 0 })
		for _, e := range s.events() {
			ids = append(ids, e["sg_message_id"])
		}
		s.api(http.MethodPut, "/api/settings", object{"event_delay": "1h"}, nil)
		s.send(letter("spam@example.com"))
	})
	s := startIn(t, dir)
	s.await("what was left", func() bool { return len(s.events()) == 4 })
	require.Equal(t, []string{"dropped"}, s.names("drop@example.com"))
	require.ElementsMatch(t, []string{"processed", "delivered", "spamreport"}, s.names("spam@example.com"))
	require.Contains(t, ids, s.event("drop@example.com", "dropped")["sg_message_id"])
	events, err := s.server.store.events(1)
	require.NoError(t, err)
	require.Len(t, events, 2)
	require.Equal(t, postedOnce.String(), events[1].Webhook)
}

// A process killed outright keeps what it posted: the journal is written before the post and after its answer.
func TestTheJournalIsWrittenAsThingsHappen(t *testing.T) {
	s := start(t)
	s.send(letter("drop@example.com"))
	s.await("the event", func() bool { return len(s.events()) == 1 && s.only().Events[0].Webhook == postedOnce.String() })
	text, err := os.ReadFile(filepath.Join(s.dir, journalFile))
	require.NoError(t, err)
	require.Contains(t, string(text), `"e":"dropped"`)
	require.Contains(t, string(text), `"of":[0]`)
}

func TestAJournalCutShortIsRead(t *testing.T) {
	dir := t.TempDir()
	t.Run("first run", func(t *testing.T) {
		s := startIn(t, dir)
		s.send(letter("ann@example.com"))
		s.await("both events", func() bool { return len(s.events()) == 2 && s.only().Events[1].Webhook == postedOnce.String() })
	})
	f, err := os.OpenFile(filepath.Join(dir, journalFile), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"m":1,"e":"bou`)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	s := startIn(t, dir)
	s.send(letter("drop@example.com"))
	s.await("the new event", func() bool { return len(s.events()) == 1 })
	require.Equal(t, []string{"dropped"}, s.names("drop@example.com"))
}
