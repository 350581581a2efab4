package worker

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"time"

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

// dialFor is how long a process that starts waits for Temporal, which may be starting too.
const dialFor = 30 * time.Second

// Dial connects and makes sure that Temporal answers, trying again for half a minute. The caller closes the client.
func (c Connection) Dial(ctx context.Context, logger *slog.Logger, meters metric.MeterProvider) (client.Client, error) {
	o, err := c.Options(logger, meters)
	if err != nil {
		return nil, err
	}
	for start := time.Now(); ; {
		t, err := client.DialContext(ctx, o)
		if err == nil {
			return t, nil
		}
		if ctx.Err() != nil || time.Since(start) > dialFor {
			return nil, fmt.Errorf("connect to temporal at %s: %w", c.Address, err)
		}
		logger.WarnContext(ctx, "temporal does not answer yet", slog.String("address", c.Address))
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}
