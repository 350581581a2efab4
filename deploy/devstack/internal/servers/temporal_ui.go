package servers

import (
	"context"

	"github.com/temporalio/ui-server/v2/server"
	"github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
)

// TemporalUIConfig says where the web pages of Temporal listen and which
// frontend they show.
type TemporalUIConfig struct {
	Port             int
	Temporal         string // host:port
	DefaultNamespace string
}

// RunTemporalUI serves the web pages of Temporal.
func RunTemporalUI(ctx context.Context, c TemporalUIConfig) error {
	s := server.NewServer(server_options.WithConfigProvider(&config.Config{
		Host: loopback, Port: c.Port, TemporalGRPCAddress: c.Temporal, DefaultNamespace: c.DefaultNamespace,
		EnableUI: true, DisableNewsFetch: true, HideLogs: true,
		CORS: config.CORS{CookieInsecure: true}, // plain HTTP on the loopback address
	}))
	context.AfterFunc(ctx, s.Stop)
	return s.Start()
}
