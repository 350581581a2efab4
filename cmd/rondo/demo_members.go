package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// demoCrowd plays the members: they read the simulator's inbox, follow the link in their opt-in mail, and press a button
// on the page, as people do.
type demoCrowd struct {
	inbox string
	seen  int // id of the newest message read
	open  []string
}

func newDemoMembers(inbox string) *demoCrowd { return &demoCrowd{inbox: inbox} }

type demoMail struct {
	ID int `json:"id"`
	To []struct {
		Email string `json:"email"`
	} `json:"to"`
	Text string `json:"text"`
}

// answerLink finds the page of an opt-in in a mail.
var answerLink = regexp.MustCompile(`https?://[^\s"<>?]+/a/[A-Za-z0-9_-]+`)

// answerSome lets up to two members answer; about one in six never does.
func (c *demoCrowd) answerSome(ctx context.Context, round int64) (bool, error) {
	if err := c.read(ctx); err != nil {
		return false, err
	}
	for range min(len(c.open), 1+rand.IntN(2)) { //nolint:gosec // members are not secrets
		i := rand.IntN(len(c.open)) //nolint:gosec // likewise
		link := c.open[i]
		c.open = append(c.open[:i], c.open[i+1:]...)
		action := []string{"yes", "yes", "yes", "yes", "no", ""}[rand.IntN(6)] //nolint:gosec // likewise
		if action == "" {
			continue
		}
		if err := c.press(ctx, link, action); err != nil {
			return false, fmt.Errorf("answer in round %d: %w", round, err)
		}
	}
	return len(c.open) > 0, nil
}

// skip leaves the mails of earlier rounds alone.
func (c *demoCrowd) skip(ctx context.Context) error {
	var list struct {
		Messages []demoMail `json:"messages"`
	}
	if err := c.get(ctx, "/api/messages?limit=1", &list); err != nil {
		return err
	}
	for _, m := range list.Messages {
		c.seen = m.ID
	}
	return nil
}

// read collects the links of opt-in mails that came since the last look.
func (c *demoCrowd) read(ctx context.Context) error {
	var list struct {
		Messages []demoMail `json:"messages"`
	}
	if err := c.get(ctx, fmt.Sprintf("/api/messages?limit=100&after=%d", c.seen), &list); err != nil {
		return err
	}
	for _, m := range list.Messages {
		c.seen = max(c.seen, m.ID)
		if len(m.To) == 1 && strings.HasPrefix(m.To[0].Email, "bounce@") {
			continue // nobody reads it
		}
		var whole demoMail
		if err := c.get(ctx, fmt.Sprintf("/api/messages/%d", m.ID), &whole); err != nil {
			return err
		}
		if link := answerLink.FindString(whole.Text); link != "" {
			c.open = append(c.open, link)
		}
	}
	return nil
}

// press sends the form of a member's page.
func (c *demoCrowd) press(ctx context.Context, link, action string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, link, bytes.NewBufferString(url.Values{"action": {action}}.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(r, nil)
}

func (c *demoCrowd) get(ctx context.Context, path string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.inbox+path, nil)
	if err != nil {
		return err
	}
	return do(r, into)
}

func (c *demoCrowd) settings(ctx context.Context, settings any) error {
	b, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, c.inbox+"/api/settings", bytes.NewReader(b))
	if err != nil {
		return err
	}
	return do(r, nil)
}

// do makes a request, wants a success and decodes its JSON.
func do(r *http.Request, into any) error {
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s", r.Method, r.URL.Host, res.Status)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(body, into)
}
