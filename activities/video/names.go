package video

import (
	"strconv"
	"strings"
)

// RoomName is the room of a meeting: session-7-meeting-12.
func RoomName(session int64, no int) string {
	return "session-" + strconv.FormatInt(session, 10) + "-meeting-" + strconv.Itoa(no)
}

// ParseRoom reads what RoomName has written for a session and a number above 0, and nothing else.
func ParseRoom(name string) (session int64, no int, ok bool) {
	rest, ours := strings.CutPrefix(name, "session-")
	first, second, meets := strings.Cut(rest, "-meeting-")
	session, sessionOK := number(first)
	n, noOK := number(second)
	no = int(n)
	if !ours || !meets || !sessionOK || !noOK || int64(no) != n {
		return 0, 0, false
	}
	return session, no, true
}

// Identity is a person in a room: p42. A person who comes twice pushes out their earlier self.
func Identity(person int64) string { return "p" + strconv.FormatInt(person, 10) }

// ParseIdentity reads what Identity has written for a person above 0, and nothing else.
func ParseIdentity(identity string) (person int64, ok bool) {
	digits, ours := strings.CutPrefix(identity, "p")
	if !ours {
		return 0, false
	}
	return number(digits)
}

// number reads a number above 0 that is written in the only way we write it.
func number(digits string) (int64, bool) {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 || digits[0] < '1' || digits[0] > '9' {
		return 0, false
	}
	return n, true
}
