package sendgrid

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSendKeepsTheMessageAndReportsDelivery(t *testing.T) {
	s := start(t)
	id := s.send(personal(letter("ann@example.com"), "custom_args", object{"ledger": "42"}))
	m := s.only()
	require.Equal(t, id, m.XMessageID)
	require.Equal(t, "Hello", m.Subject)
	s.await("delivered", func() bool { return len(s.names("ann@example.com")) == 2 })
	require.ElementsMatch(t, []string{"processed", "delivered"}, s.names("ann@example.com"))
}
