package worker

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
)

// Connection says where Temporal is.
type Connection struct {
	Address   string // host:port
	Namespace string
	TLS       bool
	APIKey    string // of Temporal Cloud or a proxy; implies TLS
}

// Options are the client's, with logs through slog, traces through OpenTelemetry and metrics through the meter.
func (c Connection) Options(logger *slog.Logger, meters metric.MeterProvider) (client.Options, error) {
	tracing, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		Tracer: otel.Tracer("rondo/temporal"), TextMapPropagator: otel.GetTextMapPropagator(), AllowInvalidParentSpans: true,
	})
	if err != nil {
		return client.Options{}, fmt.Errorf("trace temporal: %w", err)
	}
	o := client.Options{
		HostPort: c.Address, Namespace: c.Namespace,
		Logger:       log.NewStructuredLogger(logger),
		Interceptors: []interceptor.ClientInterceptor{tracing},
	}
	if meters != nil {
		o.MetricsHandler = opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
			Meter: meters.Meter("temporal-sdk-go"), UseMonotonicCounters: true,
			OnError: func(err error) { logger.Warn("temporal metrics", slog.Any("error", err)) },
		})
	}
	if c.TLS || c.APIKey != "" {
		o.ConnectionOptions.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	} else { // near by: packing small messages costs more than sending them
		o.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	}
	if c.APIKey != "" {
		o.Credentials = client.NewAPIKeyStaticCredentials(c.APIKey)
	}
	return o, nil
}

// startWithin is how long a process that starts waits for a server, which may be starting too.
const startWithin = time.Minute

// Awaited tries every second, for a minute at most, until what a process starts with answers; a backoff.Permanent error ends
// it at once.
func Awaited[T any](ctx context.Context, logger *slog.Logger, server string, try func() (T, error)) (T, error) {
	got, err := backoff.Retry(ctx, try, backoff.WithBackOff(backoff.NewConstantBackOff(time.Second)), backoff.WithMaxElapsedTime(startWithin),
		backoff.WithNotify(func(err error, _ time.Duration) {
			logger.WarnContext(ctx, server+" does not answer yet", slog.Any("error", err))
		}))
	if err != nil {
		return got, fmt.Errorf("connect to %s: %w", server, err)
	}
	return got, nil
}

// Dial connects and makes sure that Temporal answers, waiting for it if need be. The caller closes the client.
func (c Connection) Dial(ctx context.Context, logger *slog.Logger, meters metric.MeterProvider) (client.Client, error) {
	o, err := c.Options(logger, meters)
	if err != nil {
		return nil, err
	}
	return Awaited(ctx, logger, "temporal at "+c.Address, func() (client.Client, error) { return client.DialContext(ctx, o) })
}
