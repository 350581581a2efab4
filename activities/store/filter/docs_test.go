package filter

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every example of the reference is a filter.
func TestDocumentedFilters(t *testing.T) {
	page, err := os.ReadFile("../../../docs/filters.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```filter\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	require.Len(t, blocks, 4)
	for _, b := range blocks {
		for line := range strings.Lines(b[1]) {
			_, err := Parse(line)
			require.NoError(t, err, line)
		}
	}
}
