package video_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/video"
)

func TestNamesAreReadBack(t *testing.T) {
	for _, session := range []int64{1, 42, math.MaxInt64} {
		for _, no := range []int{1, 10, math.MaxInt32} {
			s, n, ok := video.ParseRoom(video.RoomName(session, no))
			require.True(t, ok)
			require.Equal(t, session, s)
			require.Equal(t, no, n)
		}
		person, ok := video.ParseIdentity(video.Identity(session))
		require.True(t, ok)
		require.Equal(t, session, person)
	}
	require.Equal(t, "session-7-meeting-12", video.RoomName(7, 12))
	require.Equal(t, "p42", video.Identity(42))
}

var (
	strangeRooms = []string{
		"", "session-", "session-1", "session-1-meeting-", "session--meeting-1", "session-0-meeting-1", "session-1-meeting-0",
		"session-01-meeting-1", "session-1-meeting-+1", "session--1-meeting-1", "session-1-meeting-1 ", "Session-1-meeting-1",
		"session-1-meeting-1-meeting-1", "session-9223372036854775808-meeting-1", "xsession-1-meeting-1", "session-1-meeting-1_0",
	}
	strangePeople = []string{"", "p", "42", "p0", "p-1", "p+1", "p01", "P1", "p1 ", "pp1", "p9223372036854775808", "p1_0", "p0x1"}
)

func TestOtherNamesAreNotOurs(t *testing.T) {
	for _, name := range strangeRooms {
		_, _, ok := video.ParseRoom(name)
		require.False(t, ok, name)
	}
	for _, identity := range strangePeople {
		_, ok := video.ParseIdentity(identity)
		require.False(t, ok, identity)
	}
}

func FuzzParseRoom(f *testing.F) {
	for _, name := range append(strangeRooms, "session-7-meeting-12") {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		session, no, ok := video.ParseRoom(name)
		if ok {
			require.Positive(t, session)
			require.Positive(t, no)
			require.Equal(t, name, video.RoomName(session, no))
		} else {
			require.Zero(t, session)
			require.Zero(t, no)
		}
	})
}

func FuzzParseIdentity(f *testing.F) {
	for _, identity := range append(strangePeople, "p42") {
		f.Add(identity)
	}
	f.Fuzz(func(t *testing.T, identity string) {
		person, ok := video.ParseIdentity(identity)
		if ok {
			require.Positive(t, person)
			require.Equal(t, identity, video.Identity(person))
		} else {
			require.Zero(t, person)
		}
	})
}
