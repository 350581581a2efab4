package api

import (
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/mail"
	"rondo/api/web"
)

// TestPagesInABrowser lets test/pages.mjs open every page in Chromium. With RONDO_SCREENSHOTS set to a folder it leaves
// pictures of them there.
func TestPagesInABrowser(t *testing.T) {
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		chromium = "/usr/bin/chromium"
	}
	for _, needed := range []string{chromium, "web/node_modules/playwright-core", "web/node_modules/axe-core"} {
		if _, err := os.Stat(needed); err != nil {
			t.Skipf("%s is missing: run `make web`, and install Chromium or set CHROMIUM", needed)
		}
	}
	if !web.Built() {
		t.Skip("the pages have no styles and scripts: run `make web`")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	k := setupPages(t, func(c *Config) { c.PublicURL = "http://" + listener.Addr().String() })
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: k.server, ReadHeaderTimeout: time.Minute}}
	server.Start()
	t.Cleanup(server.Close)

	args := []string{"web/test/pages.mjs", server.URL}
	all := k.pagesToLookAt()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		args = append(args, name+"="+all[name])
	}
	node := exec.CommandContext(t.Context(), "node", args...)
	node.Env = append(os.Environ(), "CHROMIUM="+chromium)
	out, err := node.CombinedOutput()
	t.Logf("%s", out)
	require.NoError(t, err, "%s", k.log)
	require.Equal(t, "1 yes, 2 no", k.text(`SELECT string_agg(person_id || ' ' || answer, ', ' ORDER BY person_id)
		FROM round_members WHERE round_id = $1 AND person_id < 3`, k.round))
}

// pagesToLookAt names the pages, in the states worth looking at.
func (k *pageKit) pagesToLookAt() map[string]string {
	open := k.round
	k.exec(`UPDATE round_members SET answer = CASE person_id WHEN 3 THEN 'yes' WHEN 4 THEN 'no' END WHERE round_id = $1`, open)
	all := map[string]string{
		"home": "/", "docs": "/docs",
		"ask": k.link(mail.LinkAnswer, ana), "ask-other": k.link(mail.LinkAnswer, bo),
		"yes": k.link(mail.LinkAnswer, cy) + "?done=answered", "no": k.link(mail.LinkAnswer, dee),
		"unsubscribe": k.link(mail.LinkUnsubscribe, ana),
		"forged":      "/a/forged", "expired": k.path(mail.Link{Purpose: mail.LinkAnswer, Person: ana, Round: open, Expires: time.Now().Add(-time.Hour)}),
	}
	k.round = k.anotherRound()
	k.everybodyIn("review")
	all["closed-yes"], all["soon"] = k.link(mail.LinkAnswer, ana), k.link(mail.LinkMatch, ana)
	k.round = k.anotherRound()
	k.everybodyIn("sent")
	all["match"], all["trio"] = k.link(mail.LinkMatch, ana), k.link(mail.LinkMatch, cy)
	all["no-match"], all["check-in"] = k.link(mail.LinkMatch, dee), k.link(mail.LinkCheckIn, ana)
	all["preferences"] = k.link(mail.LinkPreferences, bo)
	k.exec(`INSERT INTO wishes (person_id, other_id, avoid, rank) VALUES (1, 4, false, 1), (1, 2, false, 2), (1, 3, true, 1)`)
	all["preferences-found"] = k.link(mail.LinkPreferences, ana) + "?q=young"
	all["preferences-nobody"] = k.link(mail.LinkPreferences, ana) + "?q=nobody"
	k.exec(`INSERT INTO people (email, name, status, inactive_reason) VALUES ('eve@example.org', 'Eve', 'inactive', 'unsubscribe')`)
	all["unsubscribed"] = k.link(mail.LinkUnsubscribe, zed+1)
	k.exec(`UPDATE people SET snoozed_until = now() + interval '20 days' WHERE id = 4`)
	all["preferences-break"] = k.link(mail.LinkPreferences, dee)
	k.round = open
	return all
}
