// Package sendgrid stands in for SendGrid in development and tests: it follows the published contract of the v3 mail send
// endpoint, errors included, keeps every message, shows them on inbox pages, posts signed event webhooks and parsed replies,
// and makes faults on demand. Nothing it accepts leaves the machine except to the two webhook URLs it is given.
package sendgrid

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Config says where the stand-in listens, keeps its files and posts its webhooks.
type Config struct {
	Listen            string       // host:port
	Dir               string       // made if missing; holds messages, events and the signing key
	APIKey            string       // the bearer token callers must show; empty takes any
	EventWebhookURL   string       // empty: events are recorded and not posted
	InboundWebhookURL string       // empty: replies are refused
	Log               *slog.Logger `json:"-"` // nil: slog.Default
}

const shutdownGrace = 3 * time.Second

// Serve listens on c.Listen and blocks until ctx is done or the listener fails. Messages stay, and events not posted yet are
// taken up by the next Serve on the same Dir; replies not delivered yet are lost.
func Serve(ctx context.Context, c Config) error {
	s, err := newServer(c)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return errors.Join(fmt.Errorf("sendgrid: %w", err), s.store.close())
	}
	return errors.Join(s.serve(ctx, listener), s.store.close())
}

type server struct {
	config     Config
	log        *slog.Logger
	key        *ecdsa.PrivateKey
	forgersKey *ecdsa.PrivateKey // signs what a fault wants forged
	client     *http.Client

	store      *store
	settings   *settings
	faults     *faults
	stats      *stats
	happenings *timeline[occurrence]
	batches    *timeline[batch]
	inbounds   *timeline[inbound]
}

func newServer(c Config) (*server, error) {
	key, err := loadKey(c.Dir)
	if err != nil {
		return nil, err
	}
	forgersKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("sendgrid: %w", err)
	}
	st, err := openStore(c.Dir)
	if err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &server{
		config: c, log: c.Log, key: key, forgersKey: forgersKey, client: &http.Client{},
		store: st, settings: newSettings(c), faults: newFaults(), stats: newStats(),
		happenings: newTimeline[occurrence](), batches: newTimeline[batch](), inbounds: newTimeline[inbound](),
	}, nil
}

func (s *server) serve(ctx context.Context, listener net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.resume()
	var workers sync.WaitGroup
	workers.Go(func() { s.happen(ctx) })
	workers.Go(func() { s.postInbounds(ctx) })
	for range posters {
		workers.Go(func() { s.post(ctx) })
	}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(listener) }()

	var err error
	select {
	case err = <-failed:
		cancel()
	case <-ctx.Done():
		grace, stop := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
		defer stop()
		if err = h.Shutdown(grace); err != nil {
			err = h.Close()
		}
	}
	workers.Wait()
	if err != nil {
		return fmt.Errorf("sendgrid: %w", err)
	}
	return nil
}

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/v3/mail/send", s.handleSend)
	mux.HandleFunc("/v3/", s.handleUnknown)
	s.routeAPI(mux)
	s.routeInbox(mux)
	return http.NewCrossOriginProtection().Handler(mux)
}
