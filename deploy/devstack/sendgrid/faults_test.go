package sendgrid

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func (s *stack) faulty(rules ...Rule) {
	s.Helper()
	s.api(http.MethodPut, "/api/faults", Faults{Seed: 7, Rules: rules}, nil)
}

// statuses are the answers to n sends in a row.
func (s *stack) statuses(n int) (list []int) {
	s.Helper()
	for i := range n {
		res, _ := s.call(http.MethodPost, "/v3/mail/send", letter(fmt.Sprintf("m%d@example.com", i)))
		list = append(list, res.StatusCode)
	}
	return list
}

func TestRateLimitSaysWhenToComeBack(t *testing.T) {
	s := start(t)
	s.faulty(Rule{Kind: RateLimit, Next: 1, Limit: 150, Reset: Duration(5 * time.Second)})
	before := time.Now()
	res, answer := s.call(http.MethodPost, "/v3/mail/send", letter("ann@example.com"))
	require.Equal(t, http.StatusTooManyRequests, res.StatusCode)
	require.Empty(t, fields(t, answer))
	require.Equal(t, "150", res.Header.Get("X-RateLimit-Limit"))
	require.Equal(t, "0", res.Header.Get("X-RateLimit-Remaining"))
	reset, err := strconv.ParseInt(res.Header.Get("X-RateLimit-Reset"), 10, 64)
	require.NoError(t, err)
	require.InDelta(t, before.Add(5*time.Second).Unix(), reset, 3)
	require.Empty(t, res.Header.Get("Retry-After"))
	require.Zero(t, s.server.store.total())
	require.Equal(t, []int{202}, s.statuses(1))

	s.faulty(Rule{Kind: RateLimit, Next: 1, Reset: Duration(5 * time.Second), RetryAfter: true})
	res, _ = s.call(http.MethodPost, "/v3/mail/send", letter("ann@example.com"))
	require.Equal(t, "5", res.Header.Get("Retry-After"))
}

func TestWhichCallsFail(t *testing.T) {
	s := start(t)
	s.faulty(Rule{Kind: Failure, Next: 2, Status: 503})
	require.Equal(t, []int{503, 503, 202}, s.statuses(3))
	s.faulty(Rule{Kind: Failure, Every: 3})
	require.Equal(t, []int{202, 202, 500, 202, 202, 500}, s.statuses(6))
	s.faulty(Rule{Kind: Failure, Percent: 50})
	first := s.statuses(20)
	require.Contains(t, first, 500)
	require.Contains(t, first, 202)
	s.faulty(Rule{Kind: Failure, Percent: 50})
	require.Equal(t, first, s.statuses(20), "the same seed gives the same faults")

	var now Faults
	s.api(http.MethodGet, "/api/faults", nil, &now)
	require.Equal(t, 20, now.Rules[0].Seen)
	res, _ := s.call(http.MethodDelete, "/api/faults", nil)
	require.Equal(t, http.StatusNoContent, res.StatusCode)
	require.Equal(t, []int{202, 202, 202}, s.statuses(3))
}

// unanswered sends a mail and wants no answer.
func (s *stack) unanswered(timeout time.Duration) error {
	s.Helper()
	body, err := json.Marshal(letter("ann@example.com"))
	require.NoError(s, err)
	ctx, cancel := context.WithTimeout(s.Context(), timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v3/mail/send", bytes.NewReader(body))
	require.NoError(s, err)
	req.Header.Set("Authorization", "Bearer "+testKey)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err == nil {
		require.NoError(s, res.Body.Close())
	}
	require.Error(s, err)
	return err
}

func TestAnswersThatNeverCome(t *testing.T) {
	const soon = 200 * time.Millisecond
	cases := []struct {
		rule Rule
		kept int
		late bool
	}{
		{Rule{Kind: AcceptThenHang, Next: 1}, 1, true},
		{Rule{Kind: AcceptThenHang, Next: 1, Delay: Duration(time.Millisecond)}, 1, false},
		{Rule{Kind: AcceptThenCut, Next: 1}, 1, false},
		{Rule{Kind: Hang, Next: 1}, 0, true},
		{Rule{Kind: Hang, Next: 1, Delay: Duration(time.Millisecond)}, 0, false},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s after %s", c.rule.Kind, time.Duration(c.rule.Delay)), func(t *testing.T) {
			s := start(t)
			s.faulty(c.rule)
			timeout := 20 * time.Second
			if c.late {
				timeout = soon
			}
			err := s.unanswered(timeout)
			require.Equal(t, c.late, ctxExpired(err), "%v", err)
			require.Equal(t, c.kept, s.server.store.total())
			if c.kept > 0 {
				s.await("the accepted mail's events", func() bool { return len(s.names("ann@example.com")) == 2 })
			}
			s.await("the call is counted", func() bool {
				var stats Stats
				s.api(http.MethodGet, "/api/stats", nil, &stats)
				return stats.Statuses["none"] == 1
			})
			require.Equal(t, []int{202}, s.statuses(1))
		})
	}
}

func ctxExpired(err error) bool {
	timeout, ok := err.(interface{ Timeout() bool })
	return ok && timeout.Timeout()
}

func TestLatencyComesBeforeTheNextRule(t *testing.T) {
	s := start(t)
	s.faulty(Rule{Kind: Latency, Next: 1, Delay: Duration(50 * time.Millisecond)}, Rule{Kind: Failure, Next: 1, Status: 502})
	before := time.Now()
	require.Equal(t, []int{502, 202}, s.statuses(2))
	require.GreaterOrEqual(t, time.Since(before), 50*time.Millisecond)
}

func TestEventFaults(t *testing.T) {
	t.Run("drop", func(t *testing.T) {
		s := start(t)
		s.faulty(Rule{Kind: DropEvent, Next: 1})
		s.send(letter("spam@example.com"))
		s.await("the other two", func() bool { return len(s.events()) == 2 })
		require.ElementsMatch(t, []string{"delivered", "spamreport"}, s.names("spam@example.com"))
		require.Equal(t, lostOnPurpose.String(), s.only().Events[0].Webhook)
	})
	t.Run("duplicate", func(t *testing.T) {
		s := start(t)
		s.faulty(Rule{Kind: DuplicateEvent, Percent: 100, Copies: 3})
		s.send(letter("ann@example.com"))
		s.await("four of each", func() bool { return len(s.events()) == 8 })
		ids := map[any]bool{}
		for _, e := range s.events() {
			ids[e["sg_event_id"]] = true
		}
		require.Len(t, ids, 8, "the same event under other ids, as users report")
	})
	t.Run("delay", func(t *testing.T) {
		s := start(t)
		s.faulty(Rule{Kind: DelayEvent, Next: 1, Delay: Duration(300 * time.Millisecond)})
		s.send(letter("ann@example.com"))
		s.await("both", func() bool { return len(s.events()) == 2 })
		require.Equal(t, []string{"delivered", "processed"}, s.names("ann@example.com"))
	})
	t.Run("reorder", func(t *testing.T) {
		s := start(t)
		s.faulty(Rule{Kind: ReorderEvents, Percent: 100})
		var positions []int
		for i := range 100 {
			positions = append(positions, i)
		}
		s.server.faults.reorder(positions)
		require.NotEqual(t, 0, positions[0]+positions[1])
		require.NotEqual(t, []int{0, 1, 2, 3, 4, 5}, positions[:6])
	})
}

func TestRulesThatMakeNoSense(t *testing.T) {
	s := start(t)
	for _, rule := range []Rule{
		{Kind: "meteor", Next: 1},
		{Kind: Failure},
		{Kind: Failure, Next: 1, Every: 2},
		{Kind: Failure, Percent: 101},
		{Kind: Failure, Next: -1, Every: 1},
		{Kind: Failure, Next: 1, Status: 200},
		{Kind: DuplicateEvent, Next: 1, Copies: 1000},
	} {
		res, answer := s.call(http.MethodPut, "/api/faults", Faults{Rules: []Rule{rule}})
		require.Equal(t, http.StatusBadRequest, res.StatusCode, "%+v: %s", rule, answer)
	}
	for _, body := range []string{`{"rules":[{"kind":"error","next":1,"delay":"-1s"}]}`, `{"rule":[]}`, `{`} {
		res, _ := s.call(http.MethodPut, "/api/faults", []byte(body))
		require.Equal(t, http.StatusBadRequest, res.StatusCode, body)
	}
}
