package main

import (
	"fmt"
	"net/url"
	"slices"

	"rondo/activities/video"
)

// livekitFlags say where people meet.
type livekitFlags struct {
	URL       string `name:"livekit-url" env:"RONDO_LIVEKIT_URL" default:"ws://127.0.0.1:7880" help:"LiveKit's API, as this process reaches it."`
	PublicURL string `name:"livekit-public-url" env:"RONDO_LIVEKIT_PUBLIC_URL" help:"LiveKit, as browsers reach it: wss://video.example.org. By default where this process does."`
	APIKey    string `name:"livekit-api-key" env:"RONDO_LIVEKIT_API_KEY" help:"LiveKit's API key. Needed."`
	APISecret string `name:"livekit-api-secret" env:"RONDO_LIVEKIT_API_SECRET" help:"The secret of that key, at least 32 characters. Needed."`
}

func (v *livekitFlags) check(f *faults) {
	f.socket("livekit-url", v.URL)
	if v.PublicURL == "" {
		v.PublicURL = v.URL
	} else {
		f.socket("livekit-public-url", v.PublicURL)
	}
	f.needed("livekit-api-key", v.APIKey)
	if f.needed("livekit-api-secret", v.APISecret) && len(v.APISecret) < video.MinSecret {
		f.add("livekit-api-secret", "has to be at least %d characters long, for instance from: openssl rand -hex 32", video.MinSecret)
	}
}

// socket checks where web sockets are served.
func (f *faults) socket(flag, value string) {
	if !f.needed(flag, value) {
		return
	}
	u, err := url.Parse(value)
	if err != nil || !slices.Contains([]string{"ws", "wss", "http", "https"}, u.Scheme) || u.Host == "" || u.RawQuery != "" || u.User != nil {
		f.add(flag, "is not a URL like wss://video.example.org")
	}
}

// connect prepares calls; LiveKit need not be there yet.
func (v *livekitFlags) connect() (*video.LiveKit, error) {
	l, err := video.New(v.URL, v.APIKey, v.APISecret)
	if err != nil {
		return nil, fmt.Errorf("video: %w", err)
	}
	if err := l.SetPublicURL(v.PublicURL); err != nil {
		return nil, fmt.Errorf("video: %w", err)
	}
	return l, nil
}
