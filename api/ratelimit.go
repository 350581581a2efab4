package api

import (
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"
)

// Rate is how many requests a second are allowed in the long run, and how many at once.
type Rate struct {
	PerSecond float64
	Burst     int
}

// limiters holds one token bucket per key; what has been idle long enough to be full again is forgotten.
type limiters[K comparable] struct {
	rate Rate
	mu   sync.Mutex
	by   map[K]*bucket
	next time.Time // when to look for idle ones
}

type bucket struct {
	limiter *rate.Limiter
	used    time.Time
}

func newLimiters[K comparable](r Rate) *limiters[K] {
	return &limiters[K]{rate: r, by: map[K]*bucket{}}
}

func (l *limiters[K]) get(key K) *rate.Limiter {
	now := time.Now()
	full := time.Duration(float64(l.rate.Burst) / l.rate.PerSecond * float64(time.Second))
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.After(l.next) {
		for k, b := range l.by {
			if now.Sub(b.used) > full {
				delete(l.by, k)
			}
		}
		l.next = now.Add(max(full, time.Minute))
	}
	b, ok := l.by[key]
	if !ok {
		b = &bucket{limiter: rate.NewLimiter(rate.Limit(l.rate.PerSecond), l.rate.Burst)}
		l.by[key] = b
	}
	b.used = now
	return b.limiter
}

// take spends one request and sets the RateLimit fields of draft-ietf-httpapi-ratelimit-headers.
func take[K comparable](c *gin.Context, l *limiters[K], key K, policy string) *Problem {
	limiter := l.get(key)
	ok := limiter.Allow()
	left := limiter.Tokens()
	window := math.Ceil(float64(l.rate.Burst) / l.rate.PerSecond)
	refill := math.Ceil((float64(l.rate.Burst) - left) / l.rate.PerSecond)
	c.Header("RateLimit-Policy", fmt.Sprintf(`"%s";q=%d;w=%.0f`, policy, l.rate.Burst, window))
	c.Header("RateLimit", fmt.Sprintf(`"%s";r=%.0f;t=%.0f`, policy, math.Max(0, math.Floor(left)), math.Max(0, refill)))
	if ok {
		return nil
	}
	p := newProblem(http.StatusTooManyRequests, "too_many_requests", "too many requests: %g a second are allowed", l.rate.PerSecond)
	p.retryAfter = time.Duration((1 - left) / l.rate.PerSecond * float64(time.Second))
	return p
}

func (s *Server) limitKey(c *gin.Context, id int64) *Problem { return take(c, s.perKey, id, "key") }

// limitAddress counts requests without a working key by where they come from; an IPv6 site counts once.
func (s *Server) limitAddress(c *gin.Context) *Problem {
	a, err := netip.ParseAddr(c.ClientIP())
	if err == nil && a.Is6() {
		if site, err := a.Prefix(64); err == nil {
			a = site.Addr()
		}
	}
	return take(c, s.perAddress, a, "address")
}
