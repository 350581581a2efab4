package calendar

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
)

// timeline is a zone as the spans between its offset changes, found by looking
// at the zone every half hour and then every second. It answers what a wall
// clock means by enumerating, and calls nothing of this package.
type timeline []span

type span struct {
	start, end int64 // Unix seconds, end exclusive
	offset     int64
}

func zoneOffset(unix int64, loc *time.Location) int64 {
	_, offset := time.Unix(unix, 0).In(loc).Zone()
	return int64(offset)
}

func newTimeline(loc *time.Location, fromYear, toYear int) timeline {
	const step = 1800
	start := time.Date(fromYear, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	end := time.Date(toYear, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	line := timeline{{start: start, offset: zoneOffset(start, loc)}}
	for at := start; at < end; at += step {
		if zoneOffset(at+step, loc) == zoneOffset(at, loc) {
			continue
		}
		for second := at + 1; second <= at+step; second++ {
			last := &line[len(line)-1]
			if offset := zoneOffset(second, loc); offset != last.offset {
				last.end = second
				line = append(line, span{start: second, offset: offset})
			}
		}
	}
	line[len(line)-1].end = end
	return line
}

// resolve takes the wall clock as the Unix time a clock set to UTC would have.
func (line timeline) resolve(naive int64) (unix int64, how Resolution) {
	var shown []int64
	for _, s := range line {
		if at := naive - s.offset; at >= s.start && at < s.end {
			shown = append(shown, at)
		}
	}
	switch {
	case len(shown) == 1:
		return shown[0], Exact
	case len(shown) > 1:
		return min(shown[0], shown[1]), Fold
	}
	for i, s := range line[:len(line)-1] {
		if naive >= s.end+s.offset && naive < line[i+1].start+line[i+1].offset {
			return naive - s.offset, Gap
		}
	}
	panic("a wall clock outside the timeline")
}

func mustZone(t require.TestingT, name string) *time.Location {
	loc, err := Zone(name)
	require.NoError(t, err)
	return loc
}

func mustWall(text string) Wall {
	if text == "" {
		return Wall{}
	}
	w, err := ParseWall(text)
	if err != nil {
		panic(err)
	}
	return w
}

func mustDate(text string) Date {
	d, err := ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

// sevenZones are the zones of the design's promise about time.
var sevenZones = []string{
	"America/New_York", "Europe/Paris", "Europe/London", "Australia/Sydney",
	"America/Santiago", "Africa/Cairo", "Australia/Lord_Howe",
}

// oddZones have changed their clocks in ways the seven do not.
var oddZones = []string{
	"America/Sao_Paulo", "America/Havana", "America/Asuncion", "America/Nuuk", "America/Caracas",
	"America/St_Johns", "Pacific/Apia", "Pacific/Kwajalein", "Pacific/Kiritimati", "Pacific/Fakaofo",
	"Pacific/Chatham", "Asia/Pyongyang", "Asia/Tehran", "Asia/Beirut", "Asia/Gaza", "Asia/Amman",
	"Asia/Kathmandu", "Africa/Casablanca", "Africa/Monrovia", "Europe/Dublin", "Europe/Istanbul",
	"Atlantic/Azores", "Antarctica/Troll", "Antarctica/Casey", "UTC",
}

func TestResolveAroundEveryTransition(t *testing.T) {
	for _, name := range append(sevenZones, oddZones...) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loc := mustZone(t, name)
			line := newTimeline(loc, 1966, 2040)
			for i := 1; i < len(line); i++ {
				near := line[max(0, i-3):min(len(line), i+4)]
				change := line[i].start + line[i-1].offset
				for naive := change - 26*3600; naive <= change+26*3600; naive += 611 {
					label := time.Unix(naive, 0).UTC().Format("2006-01-02T15:04:05")
					got, how := mustWall(label).Resolve(loc)
					if want, wantHow := near.resolve(naive); got.Unix() != want || how != wantHow {
						t.Fatalf("%s: got %s (%s), want %s (%s)", label, got, how, time.Unix(want, 0).In(loc), wantHow)
					}
				}
			}
		})
	}
}
