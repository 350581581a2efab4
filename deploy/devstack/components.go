package main

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"rondo/deploy/devstack/internal/servers"
	"rondo/deploy/devstack/internal/supervise"
	"rondo/deploy/devstack/sendgrid"
)

// Where Rondo receives what its providers tell it.
const (
	sendGridEventPath   = "/webhooks/sendgrid/events"
	sendGridInboundPath = "/webhooks/sendgrid/inbound"
	liveKitPath         = "/webhooks/livekit"
)

// namespace is Rondo's in Temporal.
const namespace = "rondo"

// address returns scheme://host:port on the loopback address.
func address(scheme string, port int) string {
	return scheme + "://" + hostPort(port)
}

func hostPort(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

// linkedServer describes a server of this binary.
func (s *stack) linkedServer(name, at string, settings func() (any, error), ready func(context.Context) error) supervise.Spec {
	spec := supervise.Spec{
		Name: name, Address: at, Ready: ready, Log: s.log(name),
		Command: func() (*exec.Cmd, error) {
			c, err := settings()
			if err != nil {
				return nil, err
			}
			return child(s.dir, name, c)
		},
		StopSignal: syscall.SIGTERM, StopWithin: 5 * time.Second,
	}
	if s.throwaway { // nobody will read what an orderly stop would save
		spec.StopSignal = syscall.SIGKILL
	}
	return spec
}

func (s *stack) log(name string) string { return filepath.Join(s.dir, "logs", name+".log") }

func (s *stack) temporal() supervise.Spec {
	return s.linkedServer("temporal", hostPort(s.ports.Temporal),
		func() (any, error) {
			internal, err := freePorts(3)
			return servers.TemporalConfig{Port: s.ports.Temporal, Internal: internal, Postgres: temporalAccess(s.cluster)}, err
		},
		func(ctx context.Context) error { return servers.TemporalReady(ctx, hostPort(s.ports.Temporal)) })
}

func (s *stack) temporalUI() supervise.Spec {
	url := address("http", s.ports.TemporalUI)
	return s.linkedServer("temporal-ui", url,
		func() (any, error) {
			return servers.TemporalUIConfig{Port: s.ports.TemporalUI, Temporal: hostPort(s.ports.Temporal), DefaultNamespace: namespace}, nil
		},
		func(ctx context.Context) error { return servers.HTTPReady(ctx, url+"/") })
}

func (s *stack) liveKit() supervise.Spec {
	return s.linkedServer("livekit", address("ws", s.ports.LiveKit),
		func() (any, error) {
			c := servers.LiveKitConfig{
				Port: s.ports.LiveKit, MediaPort: s.ports.LiveKitMedia,
				APIKey: s.secrets.LiveKitAPIKey, APISecret: s.secrets.LiveKitAPISecret,
			}
			if s.throwaway {
				c.WebhookURLs = []string{s.controlURL + liveKitEvents}
			} else {
				c.WebhookURLs = []string{s.publicURL + liveKitPath}
			}
			return c, nil
		},
		func(ctx context.Context) error { return servers.HTTPReady(ctx, address("http", s.ports.LiveKit)) })
}

func (s *stack) sendGrid() supervise.Spec {
	url := address("http", s.ports.SendGrid)
	return s.linkedServer("sendgrid", url,
		func() (any, error) {
			c := sendgrid.Config{
				Listen: hostPort(s.ports.SendGrid), Dir: filepath.Join(s.dir, "sendgrid"),
				APIKey: s.secrets.SendGridAPIKey,
			}
			if !s.throwaway {
				c.EventWebhookURL, c.InboundWebhookURL = s.publicURL+sendGridEventPath, s.publicURL+sendGridInboundPath
			}
			return c, nil
		},
		func(ctx context.Context) error { return servers.HTTPReady(ctx, url+"/") })
}

// environment is what Rondo and its tests need to find the servers.
func (s *stack) environment() []string {
	env := []string{
		"RONDO_DATABASE_URL=" + s.rondoDatabase(),
		"RONDO_TEST_DATABASE_URL=" + s.superDatabase(),
		"RONDO_TEMPORAL_ADDRESS=" + hostPort(s.ports.Temporal),
		"RONDO_TEMPORAL_NAMESPACE=" + namespace,
		"RONDO_TEMPORAL_UI_URL=" + address("http", s.ports.TemporalUI),
		"RONDO_SENDGRID_URL=" + address("http", s.ports.SendGrid),
		"RONDO_SENDGRID_API_KEY=" + s.secrets.SendGridAPIKey,
		"RONDO_SENDGRID_WEBHOOK_KEY=" + s.webhookKey,
		"RONDO_LIVEKIT_URL=" + address("ws", s.ports.LiveKit),
		"RONDO_LIVEKIT_PUBLIC_URL=" + address("ws", s.ports.LiveKit),
		"RONDO_LIVEKIT_API_KEY=" + s.secrets.LiveKitAPIKey,
		"RONDO_LIVEKIT_API_SECRET=" + s.secrets.LiveKitAPISecret,
		"RONDO_SECRET=" + s.secrets.Rondo,
		"RONDO_PUBLIC_URL=" + s.publicURL,
		"RONDO_MAIL_FROM=coffee@rondo.example",
		"RONDO_INBOUND_DOMAIN=in.rondo.example",
		"RONDO_DEVSTACK_URL=" + s.controlURL,
	}
	if !s.throwaway { // tests choose their own
		env = append(env, fmt.Sprintf("RONDO_LISTEN=%s", hostPort(s.ports.Rondo)))
	}
	return env
}
