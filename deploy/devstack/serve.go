package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"rondo/deploy/devstack/internal/servers"
	"rondo/deploy/devstack/internal/supervise"
	"rondo/deploy/devstack/sendgrid"
)

// serveCommand is what a child process runs: one linked server, whose settings
// arrive on standard input, where nobody else sees the secrets in them.
type serveCommand struct {
	Server string `arg:""`
}

// linked are the servers in this binary.
var linked = map[string]func(context.Context) error{
	"temporal":    serving(servers.RunTemporal),
	"temporal-ui": serving(servers.RunTemporalUI),
	"livekit":     serving(servers.RunLiveKit),
	"sendgrid":    serving(sendgrid.Serve),
}

func serving[C any](run func(context.Context, C) error) func(context.Context) error {
	return func(ctx context.Context) error {
		var settings C
		if err := json.NewDecoder(os.Stdin).Decode(&settings); err != nil {
			return fmt.Errorf("read settings: %w", err)
		}
		return run(ctx, settings)
	}
}

func (s serveCommand) Run() error {
	run, ok := linked[s.Server]
	if !ok {
		return fmt.Errorf("no server %q", s.Server)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	return run(ctx)
}

// child prepares a process of the stack in dir that runs a linked server.
func child(dir, server string, settings any) (*exec.Cmd, error) {
	b, err := json.Marshal(settings)
	if err != nil {
		return nil, fmt.Errorf("settings of %s: %w", server, err)
	}
	cmd := self("serve", server)
	cmd.Env = append(os.Environ(), supervise.Mark(dir))
	cmd.Stdin = bytes.NewReader(b)
	return cmd, nil
}
