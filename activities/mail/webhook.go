package mail

import (
	"crypto/ecdsa"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"

	"rondo/activities/store"
)

// Signed reports whether SendGrid signed a webhook's body, as it was received, with the key that belongs to this one
// (ECDSA over SHA-256 of timestamp and body). How old the signature is does not matter: SendGrid repeats a post for 24
// hours, and to apply an event again changes nothing.
func Signed(key *ecdsa.PublicKey, headers http.Header, body []byte) bool {
	ok, err := eventwebhook.VerifySignature(key, body,
		headers.Get(eventwebhook.VerificationHTTPHeader), headers.Get(eventwebhook.TimestampHTTPHeader))
	return err == nil && ok
}

// kinds are the events that matter to Rondo; a bounce is told apart by its type.
var kinds = map[string]store.EventKind{
	"processed": store.Processed, "delivered": store.Delivered, "deferred": store.Deferred, "bounce": store.Bounced, "dropped": store.Dropped,
	"open": store.Opened, "click": store.Clicked, "spamreport": store.SpamReported,
	"unsubscribe": store.Unsubscribed, "group_unsubscribe": store.Unsubscribed,
}

// stops is why an address gets no more mail after an event: the origin of its blacklist entry.
var stops = map[store.EventKind]string{
	store.Bounced: store.ByBounce, store.SpamReported: store.BySpam, store.Unsubscribed: store.ByUnsubscribe,
}

// dropStops are the reasons for which SendGrid drops messages to addresses on its own lists.
var dropStops = map[string]string{
	"bounced address": store.ByBounce, "spam reporting address": store.BySpam, "unsubscribed address": store.ByUnsubscribe,
}

// ReadEvents reads a webhook's body. Events of other kinds, or of messages that are not Rondo's, are left out; an error
// means that the body is no list of events at all.
func ReadEvents(body []byte) ([]store.Event, error) {
	var posted []struct {
		Email     string          `json:"email"`
		Timestamp json.Number     `json:"timestamp"`
		Event     string          `json:"event"`
		Type      string          `json:"type"`
		Reason    string          `json:"reason"`
		M         json.RawMessage `json:"m"` // see SendGrid.body
	}
	if err := json.Unmarshal(body, &posted); err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	events := make([]store.Event, 0, len(posted))
	for _, p := range posted {
		kind, known := kinds[p.Event]
		at, ok := instant(p.Timestamp)
		if !known || !ok {
			continue
		}
		e := store.Event{Kind: kind, At: at, Address: strings.ToLower(p.Email), Stops: stops[kind]}
		switch {
		case kind == store.Bounced && p.Type == "blocked":
			e.Kind, e.Stops = store.Blocked, ""
		case kind == store.Dropped:
			e.Stops = dropStops[strings.ToLower(p.Reason)]
		}
		if p.M != nil {
			if e.Message, ok = messageID(p.M); !ok {
				continue // a mail of somebody else's, from the same account
			}
		} else if e.Stops == "" {
			continue
		}
		events = append(events, e)
	}
	return events, nil
}

// instant reads Unix seconds, as far as calendars go.
func instant(n json.Number) (time.Time, bool) {
	seconds, err := strconv.ParseInt(n.String(), 10, 64)
	return time.Unix(seconds, 0).UTC(), err == nil && seconds > 0 && seconds < 1<<33
}

// messageID reads our custom argument, which comes back as text.
func messageID(raw json.RawMessage) (int64, bool) {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return 0, false
	}
	id, err := strconv.ParseInt(s, 10, 64)
	return id, err == nil && id > 0
}
