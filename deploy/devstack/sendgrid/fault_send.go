package sendgrid

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A sendFault is what happens to one call.
type sendFault struct {
	latency time.Duration
	rule    Rule
}

// before makes the faults that come before acceptance and returns the status it answered, 0 to go on.
func (s sendFault) before(w http.ResponseWriter, r *http.Request) int {
	if s.latency > 0 {
		wait(r, s.latency)
	}
	switch s.rule.Kind {
	case RateLimit:
		s.rateLimit(w)
		return http.StatusTooManyRequests
	case Failure:
		writeProblems(w, s.rule.Status, problem{Message: strings.ToLower(http.StatusText(s.rule.Status))})
		return s.rule.Status
	case Hang:
		wait(r, time.Duration(s.rule.Delay))
		cut()
	}
	return 0
}

func (s sendFault) rateLimit(w http.ResponseWriter) {
	reset := time.Now().Add(time.Duration(s.rule.Reset))
	w.Header().Set("X-RateLimit-Limit", strconv.Itoa(s.rule.Limit))
	w.Header().Set("X-RateLimit-Remaining", "0")
	w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix()+1, 10))
	if s.rule.RetryAfter {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(time.Duration(s.rule.Reset).Seconds()))))
	}
	writeProblems(w, http.StatusTooManyRequests, problem{Message: "too many requests"})
}

// after makes the faults that come after acceptance and before the answer.
func (s sendFault) after(r *http.Request) {
	switch s.rule.Kind {
	case AcceptThenHang:
		wait(r, time.Duration(s.rule.Delay))
		cut()
	case AcceptThenCut:
		cut()
	}
}

// wait returns after d, or with d = 0 when the caller has gone.
func wait(r *http.Request, d time.Duration) {
	var after <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		after = timer.C
	}
	select {
	case <-r.Context().Done():
	case <-after:
	}
}

// cut closes the caller's connection without an answer.
func cut() { panic(http.ErrAbortHandler) }
