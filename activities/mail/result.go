package mail

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/sendgrid/rest"
)

// Outcome is what is known after a call.
type Outcome int

// Outcomes of a call.
const (
	Accepted Outcome = iota // the provider has the messages
	Doubtful                // it may have them: the call went out and no answer came back
	Later                   // it has none and may take them later
	Refused                 // it has none and will never take all of these
	TooLarge                // it has none; fewer at once may do
	Rejected                // it has none, and it is the shared part that it does not like
)

// Result is the answer to a call.
type Result struct {
	Outcome    Outcome
	Code       string // for metrics, logs and the ledger: never what the provider said, which may hold addresses
	ProviderID string // with Accepted: X-Message-Id
	// Wait is how long the provider asks to be left alone, with Later; zero if it does not say.
	Wait time.Duration
	// Named are the indexes of the addressees that it will not take, with Refused; empty if it does not say.
	Named []int
	Err   error
}

// resultOf tells outcomes apart. Without a connection nothing left the house. Nor did it if a dial failed at last: the
// HTTP transport dials again for a POST only when it had written nothing to a connection that turned out dead. 502, 504
// and 408 come from something in between, which may have handed the call on.
func resultOf(response *rest.Response, err error, connected bool, addressees int, now time.Time) Result {
	if response == nil {
		var network *net.OpError
		if !connected || errors.As(err, &network) && network.Op == "dial" {
			return Result{Outcome: Later, Code: "unreachable", Err: err}
		}
		return Result{Outcome: Doubtful, Code: "no_answer", Err: err}
	}
	status := response.StatusCode
	r := Result{Code: "status_" + strconv.Itoa(status), Err: fmt.Errorf("the mail provider answered %d", status)}
	switch {
	case status >= 200 && status < 300:
		return Result{Outcome: Accepted, Code: "accepted", ProviderID: header(response, "X-Message-Id")}
	case status == http.StatusBadGateway, status == http.StatusGatewayTimeout, status == http.StatusRequestTimeout:
		r.Outcome = Doubtful
	case status == http.StatusBadRequest:
		r.Outcome, r.Named = blame(response.Body, addressees)
	case status == http.StatusRequestEntityTooLarge:
		r.Outcome = TooLarge
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		r.Outcome, r.Code = Later, "key_refused" // operators can mend the key while messages wait
	default:
		r.Outcome, r.Wait = Later, wait(response, now)
	}
	return r
}

// blame reads which addressees a 400 is about: {"errors":[{"field":"personalizations.3.to.0.email"}]}. If it names the
// shared part alone, dividing the call would not help.
func blame(body string, addressees int) (Outcome, []int) {
	var answer struct {
		Errors []struct {
			Field *string `json:"field"`
		} `json:"errors"`
	}
	if json.Unmarshal([]byte(body), &answer) != nil {
		return Refused, nil
	}
	var named []int
	seen := map[int]bool{}
	shared := 0
	for _, e := range answer.Errors {
		if e.Field == nil || *e.Field == "" {
			continue
		}
		part := strings.Split(*e.Field, ".")
		if part[0] != "personalizations" {
			shared++
			continue
		}
		if len(part) < 2 {
			continue
		}
		if i, err := strconv.Atoi(part[1]); err == nil && i >= 0 && i < addressees && !seen[i] {
			seen[i] = true
			named = append(named, i)
		}
	}
	if len(named) == 0 && shared > 0 {
		return Rejected, nil
	}
	return Refused, named
}

// maxWait bounds what a provider may ask for, in case of a broken clock.
const maxWait = 5 * time.Minute

// wait reads Retry-After (seconds or a date, RFC 9110 10.2.3) and X-RateLimit-Reset (Unix seconds).
func wait(response *rest.Response, now time.Time) time.Duration {
	var until time.Time
	if s := header(response, "Retry-After"); s != "" {
		if n, err := strconv.Atoi(s); err == nil {
			until = now.Add(time.Duration(n) * time.Second)
		} else if t, err := http.ParseTime(s); err == nil {
			until = t
		}
	} else if n, err := strconv.ParseInt(header(response, "X-Ratelimit-Reset"), 10, 64); err == nil {
		until = time.Unix(n, 0)
	}
	if until.IsZero() {
		return 0
	}
	return min(max(until.Sub(now), 0), maxWait)
}

func header(response *rest.Response, name string) string {
	return textproto.MIMEHeader(response.Headers).Get(name)
}
