// Command rondobench measures Rondo on real servers. Each benchmark prints a table for people, with its own floor (the bare
// operations on the same servers in the same run) beside its figure, and as its last line key=value pairs. `make bench`
// runs it on a throwaway stack.
package main

import (
	"context"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type cli struct {
	Rounds roundsCommand `cmd:"" help:"A whole session round: opt-in, matching, match mails."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	var c cli
	parsed := kong.Parse(&c, kong.Name("rondobench"), kong.Description("Benchmarks of Rondo; each prints its own floor."),
		kong.BindTo(ctx, (*context.Context)(nil)))
	parsed.FatalIfErrorf(parsed.Run())
}
