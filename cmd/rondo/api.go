package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"go.temporal.io/sdk/client"

	"rondo/activities/bell"
	"rondo/activities/store"
	"rondo/api"
	"rondo/worker/telemetry"
)

type apiCommand struct {
	Database databaseFlags `embed:""`
	Temporal temporalFlags `embed:""`
	Metrics  metricsFlags  `embed:"" set:"metrics=127.0.0.1:9464"`
	Mail     mailFlags     `embed:""`
	Video    livekitFlags  `embed:""`

	Listen         string   `env:"RONDO_LISTEN" default:"127.0.0.1:8080" help:"Where the API and the pages are served."`
	PublicURL      string   `env:"RONDO_PUBLIC_URL" help:"Where people reach this server, as https://rondo.example.org. Needed."`
	Secret         string   `env:"RONDO_SECRET" help:"At least 32 bytes in hexadecimal: signs links, hashes erased addresses. The same for all processes, for ever. Needed."`
	TrustedProxies []string `env:"RONDO_TRUSTED_PROXIES" help:"Addresses or networks whose X-Forwarded-For is believed, separated by commas. Nobody's by default."`
	WebhookKey     string   `name:"sendgrid-webhook-key" env:"RONDO_SENDGRID_WEBHOOK_KEY" help:"Public key of SendGrid's signed event webhook, in base64; without it no event is taken."`
	KeyRate        string   `env:"RONDO_KEY_RATE" default:"100" help:"Requests a second for each API key; four seconds' worth at once."`
	AddressRate    string   `env:"RONDO_ADDRESS_RATE" default:"20" help:"Requests a second without a working key for each address; five seconds' worth at once."`
}

// Run serves until ctx is done.
func (a *apiCommand) Run(ctx context.Context, l *logFlags) (err error) {
	var f faults
	log := l.logger(&f)
	poolConfig, connection := a.Database.pool(&f), a.Temporal.connection(&f)
	a.Metrics.check(&f)
	a.Mail.check(&f)
	a.Video.check(&f)
	f.address("listen", a.Listen)
	f.networks("trusted-proxies", a.TrustedProxies)
	perKey, perAddress := f.positive("key-rate", a.KeyRate), f.positive("address-rate", a.AddressRate)
	config := api.Config{
		Log: log, Secret: f.secret("secret", a.Secret), PublicURL: f.web("public-url", a.PublicURL), TrustedProxies: a.TrustedProxies,
		WebhookKey: f.publicKey("sendgrid-webhook-key", a.WebhookKey),
		PerKey:     api.Rate{PerSecond: perKey, Burst: burst(4 * perKey)},
		PerAddress: api.Rate{PerSecond: perAddress, Burst: burst(5 * perAddress)},
	}
	if err := f.err(); err != nil {
		return err
	}
	c, err := connectAll(ctx, "rondo-api", poolConfig, connection, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close(ctx)) }()
	if config.Mail, err = a.Mail.sender(c.tel); err != nil {
		return err
	}
	if config.Video, err = a.Video.connect(); err != nil {
		return err
	}
	config.Store, config.Temporal, config.Bell, config.Metrics = store.New(c.pool), c.temporal, bell.New(c.temporal), c.tel.Registry
	config.Ready = []api.Check{
		{Name: "schema", Do: func(ctx context.Context) error { return store.CheckSchema(ctx, c.pool) }},
		temporalCheck(c.temporal),
	}
	server, err := api.New(config) //nolint:contextcheck // handlers take their context from the request
	if err != nil {
		return err
	}
	return a.serve(ctx, server, c.tel, log)
}

func (a *apiCommand) serve(ctx context.Context, server *api.Server, tel *telemetry.Telemetry, log *slog.Logger) error {
	listeners, err := a.Metrics.listener(ctx, tel, log)
	if err != nil {
		return err
	}
	main, err := listen(ctx, "api", "listen", a.Listen, server, log)
	if err != nil {
		return err
	}
	main.server.RegisterOnShutdown(server.CloseStreams)
	return serve(ctx, log, append(listeners, main)...)
}

func burst(n float64) int { return max(1, int(n)) }

func temporalCheck(c client.Client) api.Check {
	return api.Check{Name: "temporal", Do: func(ctx context.Context) error {
		if _, err := c.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
			return fmt.Errorf("temporal: %w", err)
		}
		return nil
	}}
}
