package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
)

const loopback = "127.0.0.1"

// ports are all on the loopback address; LiveKitMedia is UDP, the others TCP.
type ports struct {
	Postgres     int `name:"postgres-port" default:"5433" env:"DEVSTACK_POSTGRES_PORT" help:"Port of PostgreSQL."`
	Temporal     int `name:"temporal-port" default:"7233" env:"DEVSTACK_TEMPORAL_PORT" help:"Port of Temporal."`
	TemporalUI   int `name:"temporal-ui-port" default:"8233" env:"DEVSTACK_TEMPORAL_UI_PORT" help:"Port of Temporal's web pages."`
	LiveKit      int `name:"livekit-port" default:"7880" env:"DEVSTACK_LIVEKIT_PORT" help:"Port of LiveKit."`
	LiveKitMedia int `name:"livekit-media-port" default:"7882" env:"DEVSTACK_LIVEKIT_MEDIA_PORT" help:"UDP port of LiveKit's audio and video."`
	SendGrid     int `name:"sendgrid-port" default:"8025" env:"DEVSTACK_SENDGRID_PORT" help:"Port of the SendGrid simulator and its inbox."`
	Rondo        int `name:"rondo-port" default:"8080" env:"DEVSTACK_RONDO_PORT" help:"Port of Rondo's API and pages."`
	APIMetrics   int `name:"api-metrics-port" default:"9464" env:"DEVSTACK_API_METRICS_PORT" help:"Port of the metrics of Rondo's API."`
	WorkMetrics  int `name:"worker-metrics-port" default:"9465" env:"DEVSTACK_WORKER_METRICS_PORT" help:"Port of the metrics of Rondo's worker."`
}

type portUse struct {
	component, flag, variable string
	port                      int
	udp                       bool
}

func (p ports) uses(withRondo bool) []portUse {
	uses := []portUse{
		{"PostgreSQL", "--postgres-port", "DEVSTACK_POSTGRES_PORT", p.Postgres, false},
		{"Temporal", "--temporal-port", "DEVSTACK_TEMPORAL_PORT", p.Temporal, false},
		{"Temporal's web pages", "--temporal-ui-port", "DEVSTACK_TEMPORAL_UI_PORT", p.TemporalUI, false},
		{"LiveKit", "--livekit-port", "DEVSTACK_LIVEKIT_PORT", p.LiveKit, false},
		{"LiveKit's audio and video (UDP)", "--livekit-media-port", "DEVSTACK_LIVEKIT_MEDIA_PORT", p.LiveKitMedia, true},
		{"the SendGrid simulator", "--sendgrid-port", "DEVSTACK_SENDGRID_PORT", p.SendGrid, false},
	}
	if withRondo {
		uses = append(uses,
			portUse{"Rondo", "--rondo-port", "DEVSTACK_RONDO_PORT", p.Rondo, false},
			portUse{"metrics of Rondo's API", "--api-metrics-port", "DEVSTACK_API_METRICS_PORT", p.APIMetrics, false},
			portUse{"metrics of Rondo's worker", "--worker-metrics-port", "DEVSTACK_WORKER_METRICS_PORT", p.WorkMetrics, false})
	}
	return uses
}

// check returns one line for every port that cannot be used.
func (p ports) check(withRondo bool) error {
	var errs []error
	seen := map[string]string{}
	for _, u := range p.uses(withRondo) {
		key := fmt.Sprint(u.udp, u.port)
		if other, ok := seen[key]; ok {
			errs = append(errs, fmt.Errorf("port %d is asked for by %s and by %s; give one of them another, for instance with %s", u.port, other, u.component, u.flag))
			continue
		}
		seen[key] = u.component
		if err := listenable(u.port, u.udp); err != nil {
			errs = append(errs, fmt.Errorf("port %d for %s is taken: end the program that uses it, or choose another port with %s or %s (%w)",
				u.port, u.component, u.flag, u.variable, err))
		}
	}
	return errors.Join(errs...)
}

func listenable(port int, udp bool) error {
	address := net.JoinHostPort(loopback, strconv.Itoa(port))
	if udp {
		conn, err := net.ListenPacket("udp4", address)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	l, err := net.Listen("tcp4", address)
	if err != nil {
		return err
	}
	return l.Close()
}

// freePorts returns n different ports that nothing uses for TCP or UDP. They lie
// below those from which the system serves outgoing connections, so that no
// client takes one while its server is down, and no client that dials a server
// that is down connects to itself.
func freePorts(n int) ([]int, error) {
	const low, tries = 10000, 1000
	high := 30000
	var first, last int
	if b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if _, err := fmt.Sscan(string(b), &first, &last); err == nil && first > low+2000 {
			high = min(high, first)
		}
	}
	var free []int
	taken := map[int]bool{}
	for range tries {
		port := low + rand.IntN(high-low) //nolint:gosec // need not be unpredictable
		if taken[port] || listenable(port, false) != nil || listenable(port, true) != nil {
			continue
		}
		taken[port] = true
		if free = append(free, port); len(free) == n {
			return free, nil
		}
	}
	return nil, fmt.Errorf("no %d free ports between %d and %d", n, low, high)
}

func freePort() (int, error) {
	free, err := freePorts(1)
	if err != nil {
		return 0, err
	}
	return free[0], nil
}

// somePorts chooses all ports freely.
func somePorts() (ports, error) {
	f, err := freePorts(9)
	if err != nil {
		return ports{}, err
	}
	return ports{f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8]}, nil
}
