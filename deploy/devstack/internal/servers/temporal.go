// Package servers holds the server programs that are linked into this binary:
// each function runs one until its context ends.
package servers

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/headers"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
)

// TemporalVersion is the version of the linked server.
const TemporalVersion = headers.ServerVersion

const loopback = "127.0.0.1"

// TemporalConfig says where Temporal listens and keeps its tables.
type TemporalConfig struct {
	Port     int            // of the frontend
	Internal []int          // ports of history, matching and worker
	Postgres PostgresAccess // role that owns both databases
}

// PostgresAccess is how Temporal connects to Postgres.
type PostgresAccess struct {
	Address, User, Password        string
	Database, VisibilityDatabase   string
	Connections, VisibilityConnect int // at most, per service
}

// RunTemporal runs frontend, history, matching and worker service. It waits for
// Postgres first: without it the server would give up at once.
func RunTemporal(ctx context.Context, c TemporalConfig) error {
	if err := c.Postgres.await(ctx); err != nil {
		return err
	}
	logger := log.NewZapLogger(log.BuildZapLogger(log.Config{Stdout: true, Level: "warn"}))
	services := map[primitives.ServiceName]int{
		primitives.FrontendService: c.Port,
		primitives.HistoryService:  c.Internal[0],
		primitives.MatchingService: c.Internal[1],
		primitives.WorkerService:   c.Internal[2],
	}
	hosts := map[primitives.ServiceName]static.Hosts{}
	for name, port := range services {
		hosts[name] = static.SingleLocalHost(net.JoinHostPort(loopback, strconv.Itoa(port)))
	}
	server, err := temporal.NewServer(
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithConfig(c.server(services)),
		temporal.WithStaticHosts(hosts),
		temporal.WithDynamicConfigClient(dynamic),
		temporal.WithLogger(logger),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
	)
	if err != nil {
		return fmt.Errorf("configure temporal: %w", err)
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("start temporal: %w", err)
	}
	<-ctx.Done()
	return server.Stop()
}

// dynamic differs from the server's defaults only where one small machine wants
// it. The limits that a client can run into, as those on visibility, stay.
var dynamic = dynamicconfig.StaticClient{
	// One partition needs no forwarding between partitions.
	dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
	dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
	// A new namespace is usable at once instead of within two seconds.
	dynamicconfig.NamespaceCacheRefreshInterval.Key(): 500 * time.Millisecond,
	// Nothing here asks the internet for news.
	dynamicconfig.EnableServerVersionCheck.Key(): false,
}

func (c TemporalConfig) server(services map[primitives.ServiceName]int) *config.Config {
	frontend := net.JoinHostPort(loopback, strconv.Itoa(c.Port))
	rpc := map[string]config.Service{}
	for name, port := range services {
		rpc[string(name)] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: loopback}}
	}
	return &config.Config{
		Global: config.Global{Membership: config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: loopback}},
		Persistence: config.Persistence{
			DefaultStore: "default", VisibilityStore: "visibility", NumHistoryShards: 4,
			DataStores: map[string]config.DataStore{
				"default":    {SQL: c.Postgres.sql(c.Postgres.Database, c.Postgres.Connections)},
				"visibility": {SQL: c.Postgres.sql(c.Postgres.VisibilityDatabase, c.Postgres.VisibilityConnect)},
			},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10, MasterClusterName: "active", CurrentClusterName: "active",
			ClusterInformation: map[string]cluster.ClusterInformation{
				"active": {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontend},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            rpc,
		PublicClient:        config.PublicClient{HostPort: frontend},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: config.ArchivalDisabled},
			Visibility: config.VisibilityArchival{State: config.ArchivalDisabled},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: config.ArchivalDisabled},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: config.ArchivalDisabled},
		}},
	}
}

func (p PostgresAccess) sql(database string, connections int) *config.SQL {
	return &config.SQL{
		PluginName: postgresql.PluginNamePGX, ConnectProtocol: "tcp", ConnectAddr: p.Address,
		User: p.User, Password: p.Password, DatabaseName: database,
		MaxConns: connections, MaxIdleConns: connections, MaxConnLifetime: time.Hour,
	}
}
