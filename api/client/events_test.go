package client

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEventsAreReadAsTheStandardSays(t *testing.T) {
	stream := ": connected\n\nid: 7\nevent: counts\ndata: {\"yes\":\ndata: 3}\n\ndata:bare\n\nevent: nothing\n\nid\r\ndata: \r\n\r\ndata: unfinished"
	var got []Event
	parseEvents(strings.NewReader(stream), func(e Event, err error) bool {
		require.NoError(t, err)
		got = append(got, e)
		return true
	})
	require.Equal(t, []Event{{ID: "7", Name: "counts", Data: "{\"yes\":\n3}"}, {ID: "7", Data: "bare"}, {}}, got)
}

func FuzzEventsOfAnyServerEnd(f *testing.F) {
	f.Add("id: 1\ndata: x\n\n")
	f.Add("\n\n:\ndata\n\n")
	f.Fuzz(func(t *testing.T, stream string) {
		seen := 0
		parseEvents(strings.NewReader(stream), func(Event, error) bool {
			seen++
			return true
		})
		require.LessOrEqual(t, seen, strings.Count(stream, "\n")+1)
	})
}
