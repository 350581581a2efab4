// Command devstack runs the servers that Rondo needs on one machine, from source
// and without containers: PostgreSQL from the machine's own programs, Temporal
// with its web pages, LiveKit, and a SendGrid simulator with an inbox, the last
// four linked into this binary.
//
//	devstack up            keeps data in .rondo and uses well-known ports
//	devstack run -- CMD    throwaway servers on free ports around one command
//
// Every server is a child process of its own, started again when it dies, and
// none outlives this program. GET /components at RONDO_DEVSTACK_URL lists them;
// POST /components/{name}/kill, /stop and /start make failures on purpose. In a
// throwaway stack POST /livekit/webhooks says where LiveKit's webhooks go.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/alecthomas/kong"
)

type cli struct {
	Up      upCommand      `cmd:"" help:"Start the servers, and Rondo with --rondo, and keep their data."`
	Run     runCommand     `cmd:"" help:"Run a command with throwaway servers on free ports; exits with its code."`
	Serve   serveCommand   `cmd:"" hidden:""`
	Janitor janitorCommand `cmd:"" hidden:""`
}

// exitError ends the program with a status and without a message.
type exitError int

func (c exitError) Error() string { return fmt.Sprintf("exit status %d", int(c)) }

func main() {
	var c cli
	err := kong.Parse(&c, kong.Name("devstack"), kong.Description("The servers that Rondo needs, on one machine.")).Run()
	var code exitError
	switch {
	case err == nil:
	case errors.As(err, &code):
		os.Exit(int(code))
	default:
		fmt.Fprintln(os.Stderr, "devstack:", err)
		os.Exit(1)
	}
}
