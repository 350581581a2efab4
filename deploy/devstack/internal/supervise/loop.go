package supervise

import (
	"context"
	"fmt"
	"time"
)

// loop runs the program again and again until ctx ends. It ends no program:
// Stop does, before ctx is cancelled.
func (u *Unit) loop(ctx context.Context) {
	backoff := firstBackoff
	for {
		if !u.awaitWanted(ctx) {
			return
		}
		began := time.Now()
		err := u.runOnce(ctx)
		if time.Since(began) > steadyAfter {
			backoff = firstBackoff
		}
		if !u.isWanted() {
			continue
		}
		u.update(func(s *Status) { s.State, s.Restarts, u.lastErr = Restarting, s.Restarts+1, err })
		u.pause(ctx, backoff)
		backoff = min(2*backoff, lastBackoff)
	}
}

// awaitWanted parks a stopped program; it reports false when ctx ends.
func (u *Unit) awaitWanted(ctx context.Context) bool {
	for !u.isWanted() {
		u.update(func(s *Status) { s.State = Stopped })
		if u.await(ctx, func(Status) bool { return u.wanted }) != nil {
			return false
		}
	}
	return ctx.Err() == nil
}

// pause waits for the backoff to pass, shorter when the program is stopped.
func (u *Unit) pause(ctx context.Context, backoff time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, backoff)
	defer cancel()
	_ = u.await(ctx, func(Status) bool { return !u.wanted })
}

// runOnce starts the program and returns when it has ended.
func (u *Unit) runOnce(ctx context.Context) error {
	cmd, err := u.spec.Command()
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = u.log, u.log
	if err := Spawn(cmd, true); err != nil {
		return fmt.Errorf("start %s: %w", u.spec.Name, err)
	}
	u.update(func(s *Status) { s.PID, s.State = cmd.Process.Pid, Starting })
	if !u.isWanted() { // Stop came before there was a process to signal
		if err := KillTree(cmd.Process.Pid); err != nil {
			return err
		}
	}

	probes, done := context.WithCancel(ctx)
	go u.probe(probes, cmd.Process.Pid)
	err = cmd.Wait()
	done()
	if err == nil {
		err = fmt.Errorf("%s ended by itself", u.spec.Name)
	}
	if u.spec.Recover != nil {
		if recoverErr := u.spec.Recover(); recoverErr != nil {
			err = fmt.Errorf("%w; clean up: %w", err, recoverErr)
		}
	}
	u.update(func(s *Status) { s.PID = 0 })
	return err
}

// probe asks the program whether it is ready until it says so.
func (u *Unit) probe(ctx context.Context, pid int) {
	for ctx.Err() == nil {
		attempt, cancel := context.WithTimeout(ctx, probeWithin)
		err := u.spec.Ready(attempt)
		cancel()
		if err == nil {
			u.update(func(s *Status) {
				if s.PID == pid && s.State == Starting {
					s.State = Ready
				}
			})
			return
		}
		u.mu.Lock()
		u.lastErr = err
		u.mu.Unlock()
		select {
		case <-time.After(probeEvery):
		case <-ctx.Done():
		}
	}
}
