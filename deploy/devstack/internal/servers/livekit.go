package servers

import (
	"context"
	"fmt"

	"github.com/livekit/livekit-server/pkg/config"
	"github.com/livekit/livekit-server/pkg/routing"
	"github.com/livekit/livekit-server/pkg/service"
	"github.com/livekit/livekit-server/pkg/telemetry/prometheus"
	"gopkg.in/yaml.v3"
)

// LiveKitConfig says where LiveKit listens, who may use it and whom it tells
// what happens in rooms.
type LiveKitConfig struct {
	Port, MediaPort   int // TCP for the API and signals, UDP for media
	APIKey, APISecret string
	WebhookURLs       []string
}

// RunLiveKit runs one LiveKit node that only this machine reaches.
func RunLiveKit(ctx context.Context, c LiveKitConfig) error {
	settings, err := yaml.Marshal(map[string]any{
		"port":           c.Port,
		"bind_addresses": []string{loopback},
		"keys":           map[string]string{c.APIKey: c.APISecret},
		"webhook": map[string]any{
			"api_key": c.APIKey, "urls": c.WebhookURLs,
			// Rondo knows which rooms it has made; in a burst of matches these would be half of all webhooks.
			"filter_params": map[string]any{"exclude_events": []string{"room_started"}},
		},
		"room":    map[string]any{"auto_create": false},
		"logging": map[string]any{"level": "info", "pion_level": "error"},
		"rtc": map[string]any{
			"udp_port":                  c.MediaPort,
			"tcp_port":                  0,
			"node_ip":                   loopback,
			"use_external_ip":           false,
			"enable_loopback_candidate": true,
			"ips":                       map[string]any{"includes": []string{loopback + "/32"}},
		},
	})
	if err != nil {
		return fmt.Errorf("configure livekit: %w", err)
	}
	conf, err := config.NewConfig(string(settings), true, nil, nil)
	if err != nil {
		return fmt.Errorf("configure livekit: %w", err)
	}
	config.InitLoggerFromConfig(&conf.Logging)
	node, err := routing.NewLocalNode(conf)
	if err != nil {
		return fmt.Errorf("configure livekit: %w", err)
	}
	if err := prometheus.Init(string(node.NodeID()), node.NodeType()); err != nil {
		return fmt.Errorf("configure livekit metrics: %w", err)
	}
	server, err := service.InitializeServer(conf, node)
	if err != nil {
		return fmt.Errorf("configure livekit: %w", err)
	}
	context.AfterFunc(ctx, func() { server.Stop(true) })
	return server.Start()
}
