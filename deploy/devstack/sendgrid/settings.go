package sendgrid

import (
	"fmt"
	"sync"
	"time"
)

// Duration is a time.Duration that JSON shows as Go writes it: "250ms".
type Duration time.Duration

// MarshalText writes the Go form.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads the Go form; negative durations are refused.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return err
	}
	if parsed < 0 {
		return fmt.Errorf("negative duration %s", text)
	}
	*d = Duration(parsed)
	return nil
}

// Settings is the body of GET and PUT /api/settings. A PUT changes only the members it has.
type Settings struct {
	EventWebhookURL   string   `json:"event_webhook_url"`
	InboundWebhookURL string   `json:"inbound_webhook_url"`
	Events            bool     `json:"events"`      // off: nothing happens to accepted mail
	EventDelay        Duration `json:"event_delay"` // from acceptance to the first event, and between events
}

func (s Settings) delay() time.Duration { return time.Duration(s.EventDelay) }

const defaultEventDelay = 200 * time.Millisecond

type settings struct {
	mu      sync.RWMutex
	current Settings
}

func newSettings(c Config) *settings {
	return &settings{current: Settings{
		EventWebhookURL: c.EventWebhookURL, InboundWebhookURL: c.InboundWebhookURL, Events: true, EventDelay: Duration(defaultEventDelay),
	}}
}

func (s *settings) get() Settings {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.current
}

func (s *settings) set(to Settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = to
}
