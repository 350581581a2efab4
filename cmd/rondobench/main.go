// Command rondobench measures Rondo. Each benchmark prints a table for people, with its own floor (the bare operations on the
// same servers, or others' solvers and rules, in the same run) beside its figure, and as its last line key=value pairs.
// `make bench` runs it on a throwaway stack.
package main

import (
	"context"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type cli struct {
	Rounds    roundsCommand    `cmd:"" help:"A whole session round: opt-in, matching, match mails."`
	Matching  matchingCommand  `cmd:"" help:"Matchings of graphs beside LEMON's, and whole rounds of up to 100,000 members. Needs no servers."`
	Peers     peersCommand     `cmd:"" help:"Who meets whom over many rounds, beside models of other tools' rules. Needs no servers."`
	Quota     quotaCommand     `cmd:"" help:"Instants for up to 1,000,000 mails of sequences within their senders' quotas. Needs no servers."`
	Lobby     lobbyCommand     `cmd:"" help:"A networking session: from ready to a page with the key to a room, and half an hour of meetings simulated."`
	Sequences sequencesCommand `cmd:"" help:"Contacts engaged and mails sent by sequences, and what they cost Temporal."`

	MatchGraph matchGraphCommand `cmd:"" hidden:""`
	MatchRound matchRoundCommand `cmd:"" hidden:""`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	var c cli
	parsed := kong.Parse(&c, kong.Name("rondobench"), kong.Description("Benchmarks of Rondo; each prints its own floor."),
		kong.BindTo(ctx, (*context.Context)(nil)))
	parsed.FatalIfErrorf(parsed.Run())
}
