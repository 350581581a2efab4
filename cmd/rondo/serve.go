package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"rondo/worker/telemetry"
)

// drainTimeout is how long requests under way may take to end once a stop was asked for.
const drainTimeout = 20 * time.Second

// listener is an HTTP server on its open port.
type listener struct {
	name   string
	server *http.Server
	net.Listener
}

// listen opens the port at once, so that a taken one is told before anything else has begun.
func listen(ctx context.Context, name, flag, address string, h http.Handler, log *slog.Logger) (*listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s cannot listen, choose another address with --%s: %w", name, flag, err)
	}
	return &listener{name: name, Listener: l, server: &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		WriteTimeout:      90 * time.Second, // the API's own limits are shorter, those of streams are per write
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}, nil
}

// serve answers until ctx is done, then lets running requests end.
func serve(ctx context.Context, log *slog.Logger, listeners ...*listener) error {
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		log.InfoContext(ctx, "listening", slog.String("server", l.name), slog.String("address", l.Addr().String()))
		go func() {
			if err := l.server.Serve(l.Listener); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("%s: %w", l.name, err)
			}
		}()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	log.InfoContext(ctx, "stopping")
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	for _, l := range listeners {
		err = errors.Join(err, l.server.Shutdown(drain))
	}
	return err
}

// metricsFlags say where Prometheus reads.
type metricsFlags struct {
	Listen string `name:"metrics-listen" env:"RONDO_METRICS_LISTEN" default:"${metrics}" help:"Where /metrics is served, without a key: keep it private. Port 0 takes any, off none."`
}

func (m *metricsFlags) check(f *faults) {
	if m.Listen != "off" {
		f.address("metrics-listen", m.Listen)
	}
}

// listener is nil when metrics are off.
func (m *metricsFlags) listener(ctx context.Context, t *telemetry.Telemetry, log *slog.Logger) ([]*listener, error) {
	if m.Listen == "off" {
		return nil, nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", t.Handler())
	l, err := listen(ctx, "metrics", "metrics-listen", m.Listen, mux, log)
	return []*listener{l}, err
}
