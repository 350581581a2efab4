package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"rondo/activities"
	"rondo/activities/bell"
	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/worker"
	"rondo/worker/telemetry"
)

type workerCommand struct {
	Database databaseFlags `embed:""`
	Temporal temporalFlags `embed:""`
	Metrics  metricsFlags  `embed:"" set:"metrics=127.0.0.1:9465"`
	Mail     mailFlags     `embed:""`
	Video    livekitFlags  `embed:""`

	PublicURL     string `env:"RONDO_PUBLIC_URL" help:"Where people reach the API: links in mails begin so. Needed."`
	Secret        string `env:"RONDO_SECRET" help:"At least 32 bytes in hexadecimal: signs links. The same for all processes, for ever. Needed."`
	InboundDomain string `env:"RONDO_INBOUND_DOMAIN" help:"Domain whose mail SendGrid's Inbound Parse posts to /webhooks/sendgrid/inbound: answers to sequences go there. Without it they go to the senders' own mailboxes, and only integrations report them."`
	UnknownAfter  string `env:"RONDO_UNKNOWN_AFTER" default:"6h" help:"How long a message of unknown fate waits for evidence before it is sent once more."`
}

// Run works until ctx is done.
func (w *workerCommand) Run(ctx context.Context, l *logFlags) (err error) {
	var f faults
	log := l.logger(&f)
	poolConfig, connection := w.Database.pool(&f), w.Temporal.connection(&f)
	w.Metrics.check(&f)
	w.Mail.check(&f)
	w.Video.check(&f)
	publicURL, secret := f.web("public-url", w.PublicURL), f.secret("secret", w.Secret)
	inbound := f.domain("inbound-domain", w.InboundDomain)
	unknownAfter := f.duration("unknown-after", w.UnknownAfter, 0)
	if err := f.err(); err != nil {
		return err
	}
	c, err := connectAll(ctx, "rondo-worker", poolConfig, connection, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close(ctx)) }()
	if err := c.tel.Registry.Register(worker.NewGauges(c.pool, c.temporal, connection.Namespace)); err != nil {
		return err
	}
	links, err := mail.NewLinks(secret, publicURL)
	if err != nil {
		return fmt.Errorf("links: %w", err)
	}
	provider, err := w.Mail.sender(c.tel)
	if err != nil {
		return err
	}
	meetings, err := w.Video.connect()
	if err != nil {
		return err
	}
	db := store.New(c.pool)
	a := &activities.Activities{
		DB: db, Hub: db.NewHub(ctx, store.LobbyChannel, log), Bell: bell.New(c.temporal), Temporal: c.temporal, Mail: provider, Links: links, Video: meetings,
		UnknownAfter: unknownAfter, InboundDomain: inbound,
	}
	spareTheCollector()
	return w.work(ctx, worker.New(c.temporal, a, log), c.tel, log)
}

// spareTheCollector lets garbage grow to four times of what is in use, as long as the heap stays below 384 MiB: a mailing
// makes much of it and keeps little. GOGC and GOMEMLIMIT outrank it.
func spareTheCollector() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(400)
		debug.SetMemoryLimit(384 << 20)
	}
}

// work runs the worker and, beside it, the metrics.
func (w *workerCommand) work(ctx context.Context, working *worker.Worker, tel *telemetry.Telemetry, log *slog.Logger) error {
	listeners, err := w.Metrics.listener(ctx, tel, log)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- serve(ctx, log, listeners...) }()
	log.InfoContext(ctx, "working")
	err = working.Run(ctx.Done())
	cancel()
	return errors.Join(err, <-served)
}
