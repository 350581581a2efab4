package calendar

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// ZoneError reports a name that is not a zone of the IANA time zone database.
type ZoneError struct {
	Name string
	Err  error // what the loader said; nil where the name was not even tried
}

func (e *ZoneError) Error() string {
	return fmt.Sprintf("time zone %q is unknown: use an IANA name such as Europe/Paris or UTC", e.Name)
}

func (e *ZoneError) Unwrap() error { return e.Err }

var zones = struct {
	sync.RWMutex
	loaded map[string]*time.Location // only names that exist, so it stays small
}{loaded: map[string]*time.Location{}}

// Zone returns the zone of an IANA name such as "Europe/Paris". Empty names,
// "Local" and offsets such as "+02:00" or "UTC+2" are refused: they depend on
// the machine or know no clock changes. Its error is a *ZoneError. Zones are
// loaded once; Zone is safe for concurrent use.
func Zone(name string) (*time.Location, error) {
	zones.RLock()
	loc := zones.loaded[name]
	zones.RUnlock()
	if loc != nil {
		return loc, nil
	}
	if !plausibleZone(name) {
		return nil, &ZoneError{Name: name}
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, &ZoneError{Name: name, Err: err}
	}
	zones.Lock()
	defer zones.Unlock()
	zones.loaded[name] = loc
	return loc, nil
}

// plausibleZone holds back what time.LoadLocation would accept on some machines
// only. Every part of an IANA name starts with a capital; a system's zone folder
// also holds localtime, posixrules, and right/ with leap seconds counted in.
func plausibleZone(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] < 'A' || part[0] > 'Z' {
			return false
		}
	}
	return name != "Local" && name != "Factory"
}
