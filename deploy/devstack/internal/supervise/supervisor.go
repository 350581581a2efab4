// Package supervise runs programs as children, starts them again when they die,
// and makes sure that none of them outlives its supervisor.
package supervise

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// hopeless is the number of deaths before the first ready state after which a
// program counts as unable to start.
const hopeless = 3

// Supervisor owns the programs of one stack. Create it with New.
type Supervisor struct {
	loops sync.WaitGroup

	mu     sync.Mutex
	groups [][]*Unit // in the order of their start
}

// New returns a supervisor without programs.
func New() *Supervisor {
	return &Supervisor{}
}

// Launch starts programs side by side and returns when all are ready. Its error
// names those that are not and quotes their logs; then none of them is left.
// What was launched together is stopped together.
func (s *Supervisor) Launch(ctx context.Context, specs ...Spec) error {
	var group []*Unit
	for _, spec := range specs {
		u, err := newUnit(spec)
		if err != nil {
			return err
		}
		group = append(group, u)
	}
	s.mu.Lock()
	s.groups = append(s.groups, group)
	s.mu.Unlock()
	for _, u := range group {
		s.loops.Go(func() { u.loop(u.life) })
	}
	if err := each(group, func(u *Unit) error { return u.firstReady(ctx) }); err != nil {
		return errors.Join(err, s.dropAll(group))
	}
	return nil
}

// Drop stops the program of that name and forgets it.
func (s *Supervisor) Drop(name string) error {
	if u := s.Unit(name); u != nil {
		return s.dropAll([]*Unit{u})
	}
	return nil
}

func (s *Supervisor) dropAll(units []*Unit) error {
	s.mu.Lock()
	for i, group := range s.groups {
		s.groups[i] = slices.DeleteFunc(slices.Clone(group), func(u *Unit) bool { return slices.Contains(units, u) })
	}
	s.mu.Unlock()
	return each(units, (*Unit).end)
}

// end stops the program for good.
func (u *Unit) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), u.spec.StopWithin+goneWithin+time.Second)
	defer cancel()
	err := u.Stop(ctx)
	u.cancel()
	return errors.Join(err, u.log.Close())
}

// firstReady waits for the first ready state, or for proof that it never comes.
func (u *Unit) firstReady(ctx context.Context) error {
	err := u.await(ctx, func(s Status) bool { return s.State == Ready || s.Restarts >= hopeless })
	if err == nil && u.Status().State == Ready {
		return nil
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("%s: %w", u.spec.Name, ctx.Err())
	}
	u.mu.Lock()
	last := u.lastErr
	u.mu.Unlock()
	return fmt.Errorf("%s does not start: %w\n--- last lines of %s\n%s", u.spec.Name, errors.Join(err, last), u.spec.Log, tail(u.spec.Log))
}

// Shutdown stops the programs, the last launched first, and returns when all
// are gone. The supervisor cannot be used afterwards.
func (s *Supervisor) Shutdown() error {
	s.mu.Lock()
	groups := slices.Clone(s.groups)
	s.mu.Unlock()
	var errs []error
	for _, group := range slices.Backward(groups) {
		errs = append(errs, each(group, (*Unit).end))
	}
	s.loops.Wait()
	return errors.Join(errs...)
}

// Units returns all programs in the order of their start.
func (s *Supervisor) Units() []*Unit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Concat(s.groups...)
}

// Unit returns the program of that name, or nil.
func (s *Supervisor) Unit(name string) *Unit {
	for _, u := range s.Units() {
		if u.spec.Name == name {
			return u
		}
	}
	return nil
}

// each runs f for all units at once and joins the errors.
func each(units []*Unit, f func(*Unit) error) error {
	errs := make([]error, len(units))
	var wg sync.WaitGroup
	for i, u := range units {
		wg.Go(func() { errs[i] = f(u) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
