package pairing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What time alone does to a meeting happens at its instant, not a tick later, and is told once.
func TestTimePassesInAMeeting(t *testing.T) {
	t.Parallel()
	l := NewLobby(Settings{Length: time.Minute, Extension: true, EndsAt: noon.Add(time.Hour), Pairs: true}, 1, NewKnown(), nil, nil, 0)
	for person := range int64(2) {
		l.Apply(noon, Action{Kind: Enter, Person: person})
		l.Apply(noon, Action{Kind: IsReady, Person: person})
	}
	proposed := l.Propose(noon)
	require.Len(t, proposed, 1)
	l.pool = true // as by somebody else who comes
	require.Empty(t, l.Propose(noon), "nobody is proposed twice")
	require.True(t, l.Made(noon, proposed[0]))
	for person := range int64(2) {
		l.Apply(noon, Action{Kind: Media, Person: person})
	}
	l.Take()
	tell := func(at time.Duration) []Meeting {
		l.Pass(noon.Add(at - 1))
		require.False(t, l.Changed(), "too early")
		l.Pass(noon.Add(at))
		told := l.Take().Meetings
		l.Pass(noon.Add(at))
		require.False(t, l.Changed(), "told already")
		return told
	}
	require.Len(t, tell(30*time.Second), 1, "the extension is offered")
	l.Apply(noon.Add(35*time.Second), Action{Kind: Lost, Person: 1})
	l.Take()
	ended := tell(55 * time.Second)
	require.Len(t, ended, 1)
	require.Equal(t, ByLoss, ended[0].Reason)
}
