package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// simulator is the mail provider's stand-in.
type simulator struct {
	url, key string
}

type simulatorStats struct {
	AcceptedCalls int `json:"accepted_calls"`
	Messages      int `json:"messages"`
}

func (s simulator) request(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, res.Status, answer)
	}
	return answer, nil
}

func (s simulator) stats(ctx context.Context) (simulatorStats, error) {
	var st simulatorStats
	b, err := s.request(ctx, http.MethodGet, "/api/stats?per_address=false", nil)
	if err != nil {
		return st, err
	}
	return st, json.Unmarshal(b, &st)
}

// webhook says where events go, if there are to be any.
func (s simulator) webhook(ctx context.Context, url string, events bool) error {
	b, err := json.Marshal(map[string]any{"event_webhook_url": url, "events": events})
	if err != nil {
		return err
	}
	_, err = s.request(ctx, http.MethodPut, "/api/settings", b)
	return err
}

// body is what the n-th accepted call carried, from 1.
func (s simulator) body(ctx context.Context, n int) ([]byte, error) {
	return s.request(ctx, http.MethodGet, fmt.Sprintf("/api/calls/%d", n), nil)
}

// send posts a body as any client of the provider would.
func (s simulator) send(ctx context.Context, body []byte) error {
	_, err := s.request(ctx, http.MethodPost, "/v3/mail/send", body)
	return err
}
