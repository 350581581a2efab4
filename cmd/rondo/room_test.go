package main_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/bell"
	"rondo/activities/store"
)

// TestRoomInABrowser lets two people meet in Chromium with fake cameras and microphones, against the real LiveKit, and do all
// there is to do. It has the machine before the parallel tests do: without graphics, backgrounds are computed by its processors.
func TestRoomInABrowser(t *testing.T) {
	play{"meet", 120, 0, []string{"colour", "blur", "video", "names", "requested", "connected", "extended", "left", "matches", "exited", "came_back"}}.run(t)
}

// TestRoomTroubleInABrowser has the same room meet with what goes wrong. The plays come one after the other: browsers that have
// to wait for each other miss their seconds.
func TestRoomTroubleInABrowser(t *testing.T) {
	t.Parallel()
	for _, p := range []play{
		{"reload", 120, 0.5, []string{"matched", "video", "timer", "reloaded"}},
		{"killed", 120, 0, []string{"noticed", "freed"}},
		{"killed", 120, 1, []string{"noticed", "freed"}},
		{"ending", 60, 0, []string{"calling", "ended"}},
		{"tabs", 120, 0, []string{"replaced", "taken_back"}},
		{"quiet", 120, 0, []string{"audio_only"}},
	} {
		t.Run(p.name, p.run)
	}
}

// play is one of test/room-plays.mjs, which prints facts. With RONDO_SCREENSHOTS set to a folder it leaves pictures there.
type play struct {
	name    string
	seconds int      // that a meeting lasts
	drop    float64  // of LiveKit's webhooks; those that come, come twice
	facts   []string // that have to be printed
}

func (p play) run(t *testing.T) {
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		chromium = "/usr/bin/chromium"
	}
	const web = "../../api/web/"
	for _, needed := range []string{chromium, web + "node_modules/playwright-core", web + "node_modules/axe-core", web + "dist/assets/manifest.json"} {
		if _, err := os.Stat(needed); err != nil {
			t.Skipf("%s is missing: run `make web`, and install Chromium or set CHROMIUM", needed)
		}
	}
	f := hold(t, 2, func(s *store.NetworkingSession) { s.MeetingS = p.seconds })
	f.hearLiveKit(1, p.drop)
	seen := f.play(chromium, web+"test/room.mjs", p.name)
	for _, fact := range p.facts {
		require.Contains(t, seen, fact)
	}
}

// hearLiveKit has LiveKit's webhooks passed on to this API; some of them twice, and some not at all.
func (f *fair) hearLiveKit(double, drop float64) {
	f.t.Helper()
	control := f.variable("RONDO_DEVSTACK_URL") + "/livekit/webhooks"
	url := f.url + "/webhooks/livekit"
	doc, err := json.Marshal(map[string]any{"url": url, "double": double, "drop": drop})
	require.NoError(f.t, err)
	res, err := http.Post(control, "application/json", strings.NewReader(string(doc)))
	require.NoError(f.t, err)
	require.NoError(f.t, res.Body.Close())
	require.Less(f.t, res.StatusCode, 300)
	f.t.Cleanup(func() {
		req, err := http.NewRequest(http.MethodDelete, control, strings.NewReader(`{"url": "`+url+`"}`))
		require.NoError(f.t, err)
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
		}
	})
}

// play runs the script and returns the facts that it prints, by name. The session ends when it says that two are calling.
func (f *fair) play(chromium, script, name string) map[string]json.RawMessage {
	f.t.Helper()
	node := exec.CommandContext(f.t.Context(), "node", script, name, f.link(f.people[0]), f.link(f.people[1]))
	node.Env = append(os.Environ(), "CHROMIUM="+chromium)
	var wrong strings.Builder
	node.Stderr = &wrong
	out, err := node.StdoutPipe()
	require.NoError(f.t, err)
	require.NoError(f.t, node.Start())
	seen := map[string]json.RawMessage{}
	for lines := bufio.NewScanner(io.TeeReader(out, testLog{f.t})); lines.Scan(); {
		var fact struct{ Fact string }
		if json.Unmarshal(lines.Bytes(), &fact) != nil {
			continue
		}
		seen[fact.Fact] = json.RawMessage(strings.Clone(lines.Text()))
		if fact.Fact == "calling" {
			_, rings, err := f.facts.EndSession(f.t.Context(), f.session.ID)
			require.NoError(f.t, err)
			require.NoError(f.t, bell.New(f.temporal).All(f.t.Context(), rings))
		}
	}
	require.NoError(f.t, node.Wait(), "%s", &wrong)
	return seen
}

// testLog writes to a test's log.
type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Logf("%s", strings.TrimRight(string(b), "\n"))
	return len(b), nil
}
