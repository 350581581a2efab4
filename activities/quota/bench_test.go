package quota

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkReserve plans mails of 20 senders: first steps from now, three steps of each contact at once, and contacts of one
// domain, of which a day takes 20.
func BenchmarkReserve(b *testing.B) {
	for _, kind := range []string{"first", "sequence", "domain"} {
		for _, n := range []int{1000, 10_000, 100_000} {
			b.Run(fmt.Sprintf("%s/n=%d", kind, n), func(b *testing.B) {
				now := in(paris, "2026-06-01T10:00")
				for b.Loop() {
					p := NewPlan(now, now.AddDate(0, 6, 0), 1)
					s := office()
					s.PerDomain = 20
					for id := range int64(20) {
						require.NoError(b, p.AddSender(id, s, nil))
					}
					steps := 1
					if kind == "sequence" {
						steps = 3
					}
					for i := range n / steps {
						a := Ask{Sender: int64(i % 20), NotBefore: now}
						if kind == "domain" {
							a.Domain = "example.com"
						}
						for range steps {
							at, _ := p.Reserve(a)
							a.NotBefore = s.AfterDays(at, 2)
						}
					}
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/mail")
			})
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	s := office()
	p, now := planOf(b, s)
	var mails []Taken
	for range 10_000 {
		at, _ := p.Reserve(Ask{Sender: me, NotBefore: now, Domain: "example.com"})
		mails = append(mails, Taken{At: at, Domain: "example.com"})
	}
	for b.Loop() {
		Check(s, mails)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(len(mails))/float64(time.Microsecond), "µs/mail")
}
