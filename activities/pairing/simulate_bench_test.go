package pairing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// crowd is half an hour of one-minute meetings.
func crowd(people int) Scenario {
	return Scenario{
		Rules: Rules{Attributes: []AttributeRule{{"company", NeverSame}}}, Duration: 30 * time.Minute, Length: time.Minute,
		People: map[int64]int{1: people}, Values: map[string]int{"company": max(people/10, 1)},
		Arrive: 5 * time.Second, Think: DefaultThink, Connect: DefaultConnect, Seed: 1,
	}
}

func BenchmarkSimulate(b *testing.B) {
	for b.Loop() {
		f, err := Simulate(b.Context(), crowd(5000))
		require.NoError(b, err)
		require.Empty(b, f.Violations)
		b.ReportMetric(float64(f.Meetings), "meetings")
		b.ReportMetric(f.Wait.P99.Seconds(), "wait_p99_s")
		b.Logf("%+v", f)
	}
}
