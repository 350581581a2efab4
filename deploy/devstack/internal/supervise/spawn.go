package supervise

import (
	"os/exec"
	"runtime"
	"sync"
)

type spawnRequest struct {
	cmd    *exec.Cmd
	result chan error
}

// Linux sends the parent-death signal when the thread that forked the child
// ends, not the process. Every fork therefore happens on one locked thread that
// lives as long as the process.
var spawner = sync.OnceValue(func() chan<- spawnRequest {
	requests := make(chan spawnRequest)
	go func() {
		runtime.LockOSThread()
		for r := range requests {
			r.result <- r.cmd.Start()
		}
	}()
	return requests
})

// Spawn starts cmd so that it dies with this process. In a group of its own the
// program does not see a Ctrl-C typed at the terminal; ownGroup false leaves it
// in the foreground.
func Spawn(cmd *exec.Cmd, ownGroup bool) error {
	bind(cmd, ownGroup)
	r := spawnRequest{cmd: cmd, result: make(chan error, 1)}
	spawner() <- r
	return <-r.result
}
