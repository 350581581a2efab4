// Package api is Rondo over HTTP: Gin for the server, huma for what is described by Go types. One file per resource; a
// Route declares what holds for an operation, and everything all operations share follows from it.
package api

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"

	"rondo/activities/bell"
	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/activities/video"
)

// Config is what a server is made of. Store and Bell are needed; the rest has defaults.
type Config struct {
	Store *store.DB
	// Temporal is for reading and updating running workflows; Bell rings them.
	Temporal client.Client
	Bell     *bell.Bell
	Log      *slog.Logger          // default: slog.Default()
	Metrics  prometheus.Registerer // default: a registry of its own
	// Secret signs links and hashes erased addresses; at least 32 bytes.
	Secret []byte
	// Mail sends test mails; without it there are none.
	Mail *mail.SendGrid
	// Video is where meetings take place; without it there are none.
	Video *video.LiveKit
	// WebhookKey is whose signature the provider's events carry; without it no event is taken.
	WebhookKey *ecdsa.PublicKey
	// PublicURL is where people reach this server: https://rondo.example.org, without a slash at the end.
	PublicURL string
	// TrustedProxies may say in X-Forwarded-For who is calling: addresses or networks. Default: nobody.
	TrustedProxies []string
	// PerKey and PerAddress limit requests with and without a working key. Defaults: 100 and 20 a second, bursts of 400
	// and 100.
	PerKey, PerAddress Rate
	// Ready are the checks of /readyz beside the database's.
	Ready []Check
}

// Server is the HTTP API. It holds no state that another instance would miss.
type Server struct {
	store     *store.DB
	temporal  client.Client
	bell      *bell.Bell
	log       *slog.Logger
	secret    []byte
	publicURL string
	links     *mail.Links
	mail      *mail.SendGrid
	video     *video.LiveKit
	webhooks  *ecdsa.PublicKey
	hub       *store.Hub
	ready     []Check

	engine     *gin.Engine
	huma       huma.API
	routes     map[string]*Route
	keys       *keyCache
	perKey     *limiters[int64]
	perAddress *limiters[netip.Addr]
	metrics    *metrics
	tracer     trace.Tracer
	solving    chan struct{} // one for each request that solves

	open  context.Context // event streams end with it
	close context.CancelFunc
}

// New makes a server with every resource. It is an http.Handler; whoever serves it sets timeouts.
func New(c Config) (*Server, error) {
	if c.Store == nil {
		return nil, errors.New("api: no store")
	}
	c.defaults()
	links, err := mail.NewLinks(c.Secret, c.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	m, err := newMetrics(c.Metrics)
	if err != nil {
		return nil, fmt.Errorf("api: metrics: %w", err)
	}
	s := &Server{
		store: c.Store, temporal: c.Temporal, bell: c.Bell, log: c.Log, secret: c.Secret, publicURL: c.PublicURL, links: links,
		mail: c.Mail, video: c.Video, webhooks: c.WebhookKey,
		ready: append([]Check{databaseCheck(c.Store)}, c.Ready...), routes: map[string]*Route{}, keys: newKeyCache(c.Store),
		perKey: newLimiters[int64](c.PerKey), perAddress: newLimiters[netip.Addr](c.PerAddress),
		metrics: m, tracer: otel.Tracer("rondo/api"), solving: make(chan struct{}, maxSolving),
	}
	s.open, s.close = context.WithCancel(context.Background())
	s.hub = c.Store.NewHub(s.open, store.WatchersChannel, c.Log)
	if err := s.assemble(c.TrustedProxies); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	for _, add := range resources {
		add(s)
	}
	return s, nil
}

func (c *Config) defaults() {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	if c.PerKey == (Rate{}) {
		c.PerKey = Rate{PerSecond: 100, Burst: 400}
	}
	if c.PerAddress == (Rate{}) {
		c.PerAddress = Rate{PerSecond: 20, Burst: 100}
	}
}

func (s *Server) assemble(proxies []string) error {
	gin.SetMode(gin.ReleaseMode)
	s.engine = gin.New()
	s.engine.HandleMethodNotAllowed = true
	s.engine.RedirectTrailingSlash = false
	s.engine.ContextWithFallback = true
	if err := s.engine.SetTrustedProxies(proxies); err != nil {
		return fmt.Errorf("trusted proxies: %w", err)
	}
	s.engine.Use(s.identify, s.trace, s.observe, s.harden, s.recover, s.guard)
	s.engine.NoRoute(func(c *gin.Context) {
		s.fail(c, newProblem(http.StatusNotFound, "not_found", "there is nothing here"))
	})
	s.engine.NoMethod(func(c *gin.Context) {
		s.fail(c, newProblem(http.StatusMethodNotAllowed, "method_not_allowed", "not with this method; see the Allow header"))
	})
	s.huma = humagin.New(s.engine, document())
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// CloseStreams ends the event streams, which would hold up a shutdown. Clients connect again, to another instance.
func (s *Server) CloseStreams() { s.close() }

// OpenAPI is the document of every route, for generators.
func (s *Server) OpenAPI() *huma.OpenAPI { return s.huma.OpenAPI() }
