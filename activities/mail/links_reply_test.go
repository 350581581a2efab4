package mail

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReplyAddress(t *testing.T) {
	l, err := NewLinks(make([]byte, 32), "https://rondo.example")
	require.NoError(t, err)
	other, err := NewLinks(append(make([]byte, 31), 1), "https://rondo.example")
	require.NoError(t, err)
	for _, id := range []int64{1, 127, 128, 1 << 20, 1<<62 - 1} {
		address := l.ReplyAddress(id, "in.example.com")
		require.LessOrEqual(t, strings.Index(address, "@"), 64, "RFC 5321 4.5.3.1.1")
		for _, spelt := range []string{address, strings.ToUpper(address)} {
			got, ok := l.ReadReplyAddress(spelt)
			require.True(t, ok)
			require.Equal(t, id, got)
		}
		_, ok := other.ReadReplyAddress(address)
		require.False(t, ok, "another secret's")
		got, ok := l.ReadMessageID("<3." + l.ReplyToken(id) + "@x.example>")
		require.True(t, ok)
		require.Equal(t, id, got)
	}
	for _, bad := range []string{"", "reply+@x", "reply+aaaa@x", "x" + l.ReplyAddress(1, "x"), strings.Replace(l.ReplyAddress(1, "x"), "reply+a", "reply+b", 1)} {
		_, ok := l.ReadReplyAddress(bad)
		require.False(t, ok, bad)
	}
	_, ok := l.ReadReplyToken(l.ReplyToken(math.MaxInt64))
	require.False(t, ok, "out of range")
}
