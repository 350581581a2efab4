// Command rondo serves the API, runs workflows and activities, migrates both stores and manages API keys.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones do not depend on the machine

	"github.com/alecthomas/kong"
)

// cli is the command line; every flag can come from the environment instead.
type cli struct {
	Log logFlags `embed:""`

	API     apiCommand     `cmd:"" name:"api" help:"Serve the HTTP API and the pages."`
	Worker  workerCommand  `cmd:"" help:"Run workflows and activities."`
	Migrate migrateCommand `cmd:"" help:"Bring Postgres and Temporal to the version of this binary; returns when a probe workflow has run."`
	Keys    keysCommand    `cmd:"" help:"Manage API keys in the database."`
	Demo    demoCommand    `cmd:"" help:"Play a round on a stack with the SendGrid simulator."`
	Version versionCommand `cmd:"" help:"Say what this binary was built from."`
	OpenAPI openAPICommand `cmd:"" name:"openapi" hidden:"" help:"Write the OpenAPI document to standard output."`
}

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	var c cli
	parser, err := kong.New(&c, kong.Name("rondo"), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Description("Rondo introduces people to each other, on time, and never forgets."),
		kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		fmt.Fprintln(os.Stderr, "rondo:", err)
		return 2
	}
	parsed, err := parser.Parse(args)
	parser.FatalIfErrorf(err)
	if err := parsed.Run(&c.Log); err != nil {
		fmt.Fprintln(os.Stderr, "rondo:", err)
		return 1
	}
	return 0
}
