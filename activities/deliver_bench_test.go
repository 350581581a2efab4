package activities_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/workflows"
)

// BenchmarkDeliver sends one kind of mail to 20,000 people through the simulator.
func BenchmarkDeliver(b *testing.B) {
	for _, purpose := range []workflows.Purpose{workflows.OptInMail, workflows.MatchMail} {
		b.Run(string(purpose), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				p := setupPost(b, 20_000)
				p.connect(os.Getenv("RONDO_SENDGRID_URL"), 30*time.Second)
				if purpose == workflows.MatchMail {
					p.groups()
				}
				p.exec(`ANALYZE`)
				b.StartTimer()
				got, err := p.deliver(purpose, nil)
				require.NoError(b, err)
				require.Equal(b, workflows.Delivery{Sent: 20_000, Calls: 20}, got)
			}
		})
	}
}
