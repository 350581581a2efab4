package calendar

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestZoneTakesIANANamesOnly(t *testing.T) {
	for _, name := range append(sevenZones, oddZones...) {
		loc, err := Zone(name)
		require.NoError(t, err)
		require.Equal(t, name, loc.String())
	}
	for _, name := range []string{
		"", "Local", "+02:00", "UTC+2", "GMT+2", "CEST", "Europe/Atlantis", "europe/paris", "Europe/Paris ", "Europe//Paris",
		"Europe", "../Europe/Paris", "/etc/localtime", "localtime", "posixrules", "right/Europe/Paris", "posix/Europe/Paris", "Factory",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Zone(name)
			var zoneErr *ZoneError
			require.ErrorAs(t, err, &zoneErr)
			require.Equal(t, name, zoneErr.Name)
			require.ErrorContains(t, err, "use an IANA name such as Europe/Paris")
		})
	}
}

func TestZoneIsLoadedOnceForAll(t *testing.T) {
	first := mustZone(t, "Pacific/Marquesas")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			loc, err := Zone("Pacific/Marquesas")
			if err != nil || loc != first {
				t.Errorf("got %p (%v), want %p", loc, err, first)
			}
		})
	}
	group.Wait()
}
