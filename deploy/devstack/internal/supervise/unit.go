package supervise

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// State says what a program is doing.
type State string

// A program starts, becomes ready when its probe answers, is restarting while it
// waits to be started again after it died, and stopped when someone asked for it.
const (
	Starting   State = "starting"
	Ready      State = "ready"
	Restarting State = "restarting"
	Stopping   State = "stopping"
	Stopped    State = "stopped"
)

// A program that dies is started again after firstBackoff, doubled with each
// early death up to lastBackoff; living for steadyAfter resets it.
const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 5 * time.Second
	steadyAfter  = 10 * time.Second
	probeEvery   = 40 * time.Millisecond
	probeWithin  = 2 * time.Second
)

// Spec describes one program.
type Spec struct {
	// Name is unique in the stack; Address is what people connect to.
	Name, Address string
	// Command returns the program to run; it is called for every start.
	Command func() (*exec.Cmd, error)
	// Ready returns nil as soon as the program can really be used.
	Ready func(context.Context) error
	// Recover runs after each end of the program and prepares the next start.
	// Nil does nothing.
	Recover func() error
	// StopSignal asks the program to end; after StopWithin it is killed.
	StopSignal syscall.Signal
	StopWithin time.Duration
	// Log is the file that gets both outputs.
	Log string
}

// Status is what others see of a program.
type Status struct {
	Name     string `json:"name"`
	PID      int    `json:"pid"`
	Address  string `json:"address"`
	Restarts int    `json:"restarts"`
	State    State  `json:"state"`
}

// Unit runs one program and starts it again when it dies.
type Unit struct {
	spec   Spec
	log    *os.File
	life   context.Context // of the loop
	cancel context.CancelFunc

	mu      sync.Mutex
	status  Status
	wanted  bool
	changed chan struct{} // closed and replaced with each change
	lastErr error
}

func newUnit(spec Spec) (*Unit, error) {
	log, err := openLog(spec.Log)
	if err != nil {
		return nil, err
	}
	life, cancel := context.WithCancel(context.Background())
	return &Unit{
		spec: spec, log: log, life: life, cancel: cancel, wanted: true, changed: make(chan struct{}),
		status: Status{Name: spec.Name, Address: spec.Address, State: Starting},
	}, nil
}

// Status returns the present state.
func (u *Unit) Status() Status {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.status
}

// Kill ends the program and its descendants with SIGKILL and returns when they
// are gone; the program is then started again.
func (u *Unit) Kill(ctx context.Context) error {
	pid := u.Status().PID
	if pid == 0 {
		return nil
	}
	if err := KillTree(pid); err != nil {
		return err
	}
	return u.await(ctx, func(s Status) bool { return s.PID != pid })
}

// Stop asks the program to end, kills it when it does not, and returns when it
// is gone. It stays down until Start.
func (u *Unit) Stop(ctx context.Context) error {
	u.update(func(s *Status) {
		u.wanted = false
		if s.PID != 0 {
			s.State = Stopping
		}
	})
	if pid := u.Status().PID; pid != 0 {
		if err := syscall.Kill(pid, u.spec.StopSignal); err != nil && err != syscall.ESRCH {
			return fmt.Errorf("stop %s: %w", u.spec.Name, err)
		}
		patience, cancel := context.WithTimeout(ctx, u.spec.StopWithin)
		defer cancel()
		if err := u.await(patience, func(s Status) bool { return s.PID != pid }); err != nil {
			if err := KillTree(pid); err != nil {
				return err
			}
		}
	}
	return u.await(ctx, func(s Status) bool { return s.State == Stopped })
}

// Start starts a stopped program and returns when it is ready.
func (u *Unit) Start(ctx context.Context) error {
	u.update(func(s *Status) {
		if s.State == Stopped {
			s.State = Starting
		}
		u.wanted = true
	})
	return u.await(ctx, func(s Status) bool { return s.State == Ready })
}

// await blocks until the status satisfies ok, which runs under the lock.
func (u *Unit) await(ctx context.Context, ok func(Status) bool) error {
	for {
		u.mu.Lock()
		s, changed, done := u.status, u.changed, ok(u.status)
		u.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%s is %s: %w", u.spec.Name, s.State, ctx.Err())
		}
	}
}

func (u *Unit) update(f func(*Status)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	f(&u.status)
	close(u.changed)
	u.changed = make(chan struct{})
}

func (u *Unit) isWanted() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.wanted
}
