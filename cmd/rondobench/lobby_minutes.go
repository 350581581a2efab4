package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"rondo/activities/pairing"
)

// simulate plays minutes of one-minute meetings with the same attendees and rules, by the lobby's own state machine in simulated
// time: who waits is waiting for a partner, not for servers.
func (r *lobbyRun) simulate(ctx context.Context) (err error) {
	fmt.Fprintf(os.Stderr, "%d minutes of meetings, simulated ...\n", r.Minutes)
	s := pairing.Scenario{
		Rules:    pairing.Rules{Attributes: []pairing.AttributeRule{{Attribute: "company", Kind: pairing.NeverSame}}},
		Duration: time.Duration(r.Minutes) * time.Minute, Length: time.Minute,
		Arrive: min(r.Within, time.Minute), Think: pairing.DefaultThink, Connect: pairing.DefaultConnect, Seed: 1,
	}
	for i := range r.Attendees { // as fill writes them
		s.Guests = append(s.Guests, pairing.Attendee{Person: int64(i + 1), Type: 1, Attributes: map[string]string{"company": fmt.Sprint((i + 1) / 10)}})
	}
	began := time.Now()
	r.simulated, err = pairing.Simulate(ctx, s)
	r.simulatedIn = time.Since(began)
	return err
}

func (r *lobbyRun) reportMinutes() {
	f := r.simulated
	fmt.Printf("%d simulated minutes of 1-minute meetings: %d meetings, %d for most (%d to %d); waits for a partner p50 %.2f s, p99 %.2f s, max %.2f s; %.1f %% of the time; %d met nobody; simulated in %.1f s\n",
		r.Minutes, f.Meetings, f.Each.Median, f.Each.Min, f.Each.Max, f.Wait.P50.Seconds(), f.Wait.P99.Seconds(), f.Wait.Max.Seconds(),
		100*f.Waiting, len(f.Unmet), r.simulatedIn.Seconds())
	for _, v := range f.Violations[:min(len(f.Violations), 10)] {
		fmt.Printf("meeting %d: %s\n", v.Meeting, v.What)
	}
}
