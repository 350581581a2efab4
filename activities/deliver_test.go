package activities_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"rondo/activities/store"
	"rondo/workflows"
)

func TestDeliverMakesOneCallPerThousand(t *testing.T) {
	p := setupPost(t, 2500)
	p.exec(`INSERT INTO blacklist (kind, value, origin) VALUES ('address', 'p7@' || $1, 'manual')`, p.domain)
	got, err := p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.Equal(t, workflows.Delivery{Sent: 2499, Suppressed: 1, Calls: 3}, got)
	want := each(2500, 1)
	delete(want, "p7")
	require.Equal(t, want, p.arrived())
	require.Equal(t, 1, p.count(`round_counts WHERE sent = 2499`))

	got, err = p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.Zero(t, got.Calls, "whoever has it gets no other")
	p.exec(`INSERT INTO people (email) VALUES ('joiner@' || $1)`, p.domain)
	p.exec(`INSERT INTO round_members (round_id, person_id) SELECT 1, max(id) FROM people`)
	got, err = p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.Equal(t, 1, got.Calls)
	require.Equal(t, 1, p.arrived()["joiner"])
}

func TestWhatArrives(t *testing.T) {
	p := setupPost(t, 2)
	p.groups()
	p.exec(`UPDATE people SET name = 'Grace; "Amazing"' WHERE id = 2`)
	_, err := p.deliver(workflows.MatchMail, nil)
	require.NoError(t, err)
	require.Equal(t, each(2, 1), p.arrived())
	var list struct {
		Messages []struct {
			ID int `json:"id"`
		} `json:"messages"`
	}
	p.get("/api/messages?to=p1@"+p.domain, &list)
	require.NotEmpty(t, list.Messages)
	var m struct {
		Subject, Text, HTML string
		From                struct{ Email, Name string }
		Headers             map[string]string `json:"headers"`
		CustomArgs          map[string]string `json:"custom_args"`
		Categories          []string
	}
	p.get("/api/messages/"+strconv.Itoa(list.Messages[0].ID), &m)
	require.Equal(t, "Coffee team", m.From.Name)
	require.Equal(t, `Coffee & more: meet Grace; "Amazing"`, m.Subject)
	require.Contains(t, m.Text, "Grace; \"Amazing\" <p2@"+p.domain+">\n  team: t2")
	require.Contains(t, m.HTML, "Grace; &#34;Amazing&#34;")
	require.Contains(t, m.HTML, "Hello Person &lt;1&gt;")
	require.Contains(t, m.HTML, "/c/")
	require.NotContains(t, m.Text+m.HTML+m.Subject, "%r")
	require.Regexp(t, `^<https://rondo.example/u/[\w-]+>$`, m.Headers["List-Unsubscribe"])
	require.Equal(t, "List-Unsubscribe=One-Click", m.Headers["List-Unsubscribe-Post"])
	require.Equal(t, map[string]string{"m": "1"}, m.CustomArgs)
	require.Empty(t, m.Categories)
}

// The call was made, no answer came: nobody sends it again until evidence had its time.
func TestAcceptedAndTimedOut(t *testing.T) {
	p := setupPost(t, 1500)
	p.connect(p.provider.URL, 2*time.Second)
	var spoiled atomic.Bool
	p.fault = func(_ http.ResponseWriter, r *http.Request, _ []byte, forward func()) bool {
		if spoiled.Swap(true) {
			return false
		}
		forward()
		<-r.Context().Done()
		return true
	}
	got, err := p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.Equal(t, 1500, got.Sent+got.Unknown)
	require.NotZero(t, got.Unknown)
	require.WithinDuration(t, time.Now().Add(time.Hour), got.DoubtAt, 10*time.Second)
	require.Equal(t, each(1500, 1), p.arrived())
	p.connect(p.provider.URL, 30*time.Second)
	again, err := p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.Equal(t, got.Unknown, again.Unknown)
	require.Equal(t, each(1500, 1), p.arrived())

	// For one there is evidence, another one answers; for the rest the time is over.
	inDoubt, err := p.Messages(context.Background(), store.MessageFilter{State: "unknown"}, store.Page{Limit: 2})
	require.NoError(t, err)
	_, err = p.ApplyEvents(context.Background(), []store.Event{{Message: inDoubt[0].ID, Kind: store.Delivered, At: time.Now()}})
	require.NoError(t, err)
	p.exec(`UPDATE round_members SET answer = 'no' WHERE person_id = $1`, inDoubt[1].PersonID)
	p.a.UnknownAfter = 0
	last, err := p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.Equal(t, workflows.Delivery{Sent: 1499, Unknown: 1, Calls: 1}, last)
	twice := 0
	for _, n := range p.arrived() {
		twice += n - 1
	}
	require.Equal(t, got.Unknown-2, twice)
	require.Equal(t, twice, p.count(`messages WHERE resends = 1`), "every second copy is in the ledger")
}

// The claim was committed and then the worker was killed: the ledger lists the doubt, and decides it in time.
func TestKilledBetweenClaimAndCall(t *testing.T) {
	p := setupPost(t, 30)
	ctx := context.Background()
	_, err := p.ClaimPage(ctx, store.Call{ID: uuid.NewString(), Attempt: uuid.NewString(), Mailing: store.Mailing{Subject: 1, Purpose: "opt_in"}},
		time.Now(), &store.Stretch{After: store.Place{Person: 3}, Until: store.Place{Person: 6}, Page: 1000})
	require.NoError(t, err)
	got, err := p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.Equal(t, 27, got.Sent)
	require.Equal(t, 3, got.Unknown)
	p.a.UnknownAfter = 0
	got, err = p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.Equal(t, workflows.Delivery{Sent: 30, Calls: 1}, got)
	require.Equal(t, each(30, 1), p.arrived())
}

func TestStormOfLimitsAndErrors(t *testing.T) {
	p := setupPost(t, 3000)
	var n atomic.Int64
	p.fault = func(w http.ResponseWriter, _ *http.Request, _ []byte, _ func()) bool {
		switch i := n.Add(1); {
		case i <= 4:
			w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Unix()+1, 10))
			return answer(w, http.StatusTooManyRequests, `{"errors":[{"message":"too many requests"}]}`)
		case i == 5:
			return answer(w, http.StatusServiceUnavailable, "")
		case i == 6:
			return answer(w, http.StatusUnauthorized, "")
		}
		return false
	}
	got, err := p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.Equal(t, workflows.Delivery{Sent: 3000, Calls: 9}, got)
	require.Equal(t, each(3000, 1), p.arrived())
}

func TestRefusedAddressesFailAlone(t *testing.T) {
	p := setupPost(t, 1000)
	p.exec(`UPDATE people SET email = 'invalid+' || id || '@' || $1 WHERE id IN (3, 999)`, p.domain)
	got, err := p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.Equal(t, workflows.Delivery{Sent: 998, Failed: 2, Calls: 2}, got)
	require.Equal(t, 2, p.count(`messages WHERE state = 'failed' AND reason = 'refused' AND person_id IN (3, 999)`))
	require.Len(t, p.arrived(), 998)
}

func TestARefusalThatNamesNobodyIsNarrowedDown(t *testing.T) {
	p := setupPost(t, 1000)
	p.fault = func(w http.ResponseWriter, _ *http.Request, body []byte, _ func()) bool {
		return bytes.Contains(body, []byte("p42@")) && answer(w, http.StatusBadRequest, `{"errors":[{"message":"bad"}]}`)
	}
	got, err := p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.Equal(t, 999, got.Sent)
	require.Equal(t, 1, got.Failed)
	require.LessOrEqual(t, got.Calls, 21)
	want := each(1000, 1)
	delete(want, "p42")
	require.Equal(t, want, p.arrived())
}

func TestTooLargeCallsAreDivided(t *testing.T) {
	p := setupPost(t, 900)
	p.fault = func(w http.ResponseWriter, _ *http.Request, body []byte, _ func()) bool {
		return personalizations(body) > 300 && answer(w, http.StatusRequestEntityTooLarge, "")
	}
	got, err := p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.Equal(t, workflows.Delivery{Sent: 900, Calls: 7}, got)
	require.Equal(t, each(900, 1), p.arrived())
}

func TestARejectedTextWaitsForSomebodyToMendIt(t *testing.T) {
	p := setupPost(t, 1200)
	p.fault = func(w http.ResponseWriter, _ *http.Request, _ []byte, _ func()) bool {
		return answer(w, http.StatusBadRequest, `{"errors":[{"field":"from.email","message":"not verified"}]}`)
	}
	_, err := p.deliver(workflows.OptInMail, nil)
	require.ErrorContains(t, err, "mail_rejected")
	require.Zero(t, p.count(`messages`), "nobody has failed, everybody is owed the mail as before")
	p.fault = nil
	p.exec(`UPDATE programs SET texts = '{"opt_in": {"subject": "{{ nonsense }}"}}'`)
	_, err = p.deliver(workflows.OptInMail, nil)
	require.ErrorContains(t, err, "text_invalid")
	p.exec(`UPDATE programs SET texts = '{"opt_in": {"subject": "Own subject"}}'`)
	got, err := p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.Equal(t, 1200, got.Sent)
}

func TestAStoppingWorkerGivesItsClaimsBack(t *testing.T) {
	p := setupPost(t, 5000)
	stop := make(chan struct{})
	var once sync.Once
	p.fault = func(w http.ResponseWriter, _ *http.Request, _ []byte, _ func()) bool {
		once.Do(func() { close(stop) })
		w.Header().Set("Retry-After", "60")
		return answer(w, http.StatusTooManyRequests, "")
	}
	_, err := p.deliver(workflows.OptInMail, stop)
	require.ErrorContains(t, err, "worker_stopping")
	require.Zero(t, p.count(`messages`))
	p.fault = nil
	got, err := p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.Equal(t, 5000, got.Sent)
	require.Equal(t, each(5000, 1), p.arrived())
}

func TestNothingLeavesWhileTheProviderIsAway(t *testing.T) {
	p := setupPost(t, 10)
	away := httptest.NewServer(nil)
	p.connect(away.URL, time.Second)
	address := away.Listener.Addr().String()
	away.Close()
	delivered := make(chan workflows.Delivery, 1)
	go func() {
		got, err := p.deliver(workflows.OptInMail, nil)
		if err != nil {
			t.Error(err)
		}
		delivered <- got
	}()
	require.Eventually(t, func() bool { return p.tried() > 0 }, time.Minute, 10*time.Millisecond)
	require.Equal(t, 10, p.count(`messages WHERE state = 'sending'`))
	go func() {
		back := &http.Server{Addr: address, Handler: p.provider.Config.Handler, ReadHeaderTimeout: time.Second}
		t.Cleanup(func() { _ = back.Close() })
		_ = back.ListenAndServe()
	}()
	got := <-delivered
	require.Equal(t, 10, got.Sent)
	require.Greater(t, got.Calls, 1)
	require.Zero(t, got.Unknown)
}

func TestTwoAttemptsAtOnce(t *testing.T) {
	p := setupPost(t, 4000)
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		wg.Go(func() { _, errs[i] = p.deliver(workflows.OptInMail, nil) })
	}
	wg.Wait()
	require.NoError(t, errs[0])
	require.NoError(t, errs[1])
	require.Equal(t, each(4000, 1), p.arrived())
	require.Equal(t, 4000, p.count(`messages WHERE state = 'sent'`))
}

// An attempt that was given up and lives on claims a page before this one gets there, and gives it back behind it.
func TestWhatAnotherAttemptGivesBackIsSent(t *testing.T) {
	p := setupPost(t, 8000)
	other := store.Call{ID: uuid.NewString(), Attempt: uuid.NewString(), Mailing: store.Mailing{Subject: 1, Purpose: "opt_in"}}
	var claimed, released sync.Once
	var ids []int64
	var calls atomic.Int64
	p.fault = func(http.ResponseWriter, *http.Request, []byte, func()) bool {
		claimed.Do(func() {
			page, err := p.ClaimPage(context.Background(), other, time.Now().Add(-time.Hour),
				&store.Stretch{After: store.Place{Person: 1000}, Until: store.Place{Person: 2000}, Page: 1000})
			if err != nil {
				t.Error(err)
			}
			for _, r := range page {
				ids = append(ids, r.Message)
			}
		})
		if calls.Add(1) == 7 {
			released.Do(func() {
				if err := p.ReleaseCall(context.Background(), other, ids); err != nil {
					t.Error(err)
				}
			})
		}
		return false
	}
	got, err := p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.Equal(t, 8000, got.Sent)
	require.Equal(t, each(8000, 1), p.arrived())
}

func TestAMessageTooLargeForABatchGoesAlone(t *testing.T) {
	p := setupPost(t, 40)
	p.exec(`UPDATE people SET attributes = jsonb_build_object('team', $1::text) WHERE id = 1`, strings.Repeat("x", 12_000))
	p.groups()
	got, err := p.deliver(workflows.MatchMail, nil)
	require.NoError(t, err)
	require.Equal(t, workflows.Delivery{Sent: 40, Calls: 2}, got)
	require.Equal(t, each(40, 1), p.arrived())
}

func TestARoundThatMovedOnGetsNoMoreMail(t *testing.T) {
	p := setupPost(t, 2000)
	var n atomic.Int64
	p.fault = func(http.ResponseWriter, *http.Request, []byte, func()) bool {
		if n.Add(1) == 1 {
			p.exec(`UPDATE rounds SET phase = 'cancelled'`)
		}
		return false
	}
	got, err := p.deliver(workflows.OptInMail, nil)
	require.NoError(t, err)
	require.LessOrEqual(t, got.Calls, 2, "what was claimed before still goes")
	require.Equal(t, got.Sent, p.count(`messages`))
	_, err = p.deliver("outreach", nil)
	require.ErrorContains(t, err, "purpose_unknown")
}
