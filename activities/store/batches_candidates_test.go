package store

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// An address stands in for no name.
func TestWhatIsMissingOfACandidate(t *testing.T) {
	c := Candidate{Email: "a@example.com", Attributes: map[string]string{"role": "x"}}
	need := []string{"email", "name", "role", "team"}
	require.Equal(t, []string{"name", "team"}, c.missing([]Step{{No: 1, Kind: MailStep}}, [][]string{need}, nil))
}
