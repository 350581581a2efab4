package sendgrid

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"
)

// An occurrence is something that happened to a message for one recipient.
type occurrence struct {
	message   int
	recipient int // position in message.recipients
	event     string
	attempt   int
	detail    *detail
	at        time.Time
	posted    posting
	previous  int // position + 1 of the message's occurrence before, 0 = none
}

// A posting is what became of the webhook for an occurrence.
type posting uint8

const (
	notPosted posting = iota
	postedOnce
	refusedByReceiver
	lostOnPurpose
)

func (p posting) String() string {
	return [...]string{"not posted", "posted", "refused, will retry", "dropped on purpose"}[p]
}

// detail overrides what an event says by default.
type detail struct {
	URL    string `json:"url,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Anonymous leaves out sg_message_id and custom arguments, as a bounce that arrives later by mail does.
	Anonymous bool `json:"anonymous,omitempty"`
}

// An Event is an occurrence as the JSON API shows it.
type Event struct {
	Email   string    `json:"email"`
	Event   string    `json:"event"`
	At      time.Time `json:"at"`
	Attempt int       `json:"attempt,omitempty"`
	URL     string    `json:"url,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	Webhook string    `json:"webhook"`
}

const (
	eventProcessed        = "processed"
	eventDropped          = "dropped"
	eventDelivered        = "delivered"
	eventDeferred         = "deferred"
	eventBounce           = "bounce"
	eventBlocked          = "blocked" // posted as bounce of type blocked
	eventOpen             = "open"
	eventClick            = "click"
	eventSpamReport       = "spamreport"
	eventUnsubscribe      = "unsubscribe"
	eventGroupUnsubscribe = "group_unsubscribe"
)

var knownEvents = map[string]bool{
	eventProcessed: true, eventDropped: true, eventDelivered: true, eventDeferred: true, eventBounce: true, eventBlocked: true,
	eventOpen: true, eventClick: true, eventSpamReport: true, eventUnsubscribe: true, eventGroupUnsubscribe: true,
}

// plans are the events that follow acceptance, one event delay apart.
var plans = map[behaviour][]string{
	delivers:     {eventProcessed, eventDelivered},
	bounces:      {eventProcessed, eventBounce},
	bouncesLater: {eventProcessed, eventDelivered, eventBounce},
	blocks:       {eventProcessed, eventBlocked},
	drops:        {eventDropped},
	defers:       {eventProcessed, eventDeferred, eventDelivered},
	reportsSpam:  {eventProcessed, eventDelivered, eventSpamReport},
	unsubscribes: {eventProcessed, eventDelivered, eventUnsubscribe},
	opens:        {eventProcessed, eventDelivered, eventOpen},
	clicks:       {eventProcessed, eventDelivered, eventClick},
}

// newID is a random 22-character id of the kind SendGrid uses for messages and events.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand does not fail
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// payload is one event of a webhook, with the fields SendGrid publishes and the custom arguments flattened into it.
func payload(m *Mail, recipient string, o occurrence) map[string]any {
	p := map[string]any{}
	anonymous := o.detail != nil && o.detail.Anonymous
	if !anonymous {
		for key, value := range m.CustomArgs {
			p[key] = value
		}
		switch len(m.Categories) {
		case 0:
		case 1:
			p["category"] = m.Categories[0]
		default:
			p["category"] = m.Categories
		}
		p["sg_message_id"] = sgMessageID(m, o.recipient)
		key, _ := headerKey(m.Headers, "Message-ID")
		p["smtp-id"] = m.Headers[key]
	}
	p["email"], p["event"], p["timestamp"], p["sg_event_id"] = recipient, o.event, o.at.Unix(), newID()
	if m.asmGroup > 0 {
		p["asm_group_id"] = m.asmGroup
	}
	d := detail{}
	if o.detail != nil {
		d = *o.detail
	}
	describe(p, m, o, d)
	return p
}

func sgMessageID(m *Mail, recipient int) string {
	return fmt.Sprintf("%s.recvd-5f9ffdf494-rondo-1-%X-%X.%d", m.XMessageID, m.ReceivedAt.Unix(), m.index, recipient)
}

const userAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"

// describe adds the fields that only some events have.
func describe(p map[string]any, m *Mail, o occurrence, d detail) {
	reason := func(otherwise string) string {
		if d.Reason != "" {
			return d.Reason
		}
		return otherwise
	}
	switch o.event {
	case eventDelivered:
		p["response"], p["ip"], p["tls"] = "250 OK", "192.0.2.25", 1
	case eventDeferred:
		p["response"], p["attempt"] = reason("450 4.2.1 mailbox busy, try again later"), strconv.Itoa(max(o.attempt, 1))
	case eventDropped:
		p["reason"], p["status"] = reason("Bounced Address"), "5.0.0"
	case eventBounce:
		p["reason"], p["status"], p["type"] = reason("550 5.1.1 no such mailbox"), "5.1.1", "bounce"
		p["bounce_classification"], p["ip"], p["tls"] = "Invalid Address", "192.0.2.25", 1
	case eventBlocked:
		p["event"], p["type"] = eventBounce, "blocked"
		p["reason"], p["status"] = reason("550 5.7.1 message refused by policy"), "5.7.1"
		p["bounce_classification"], p["ip"], p["tls"] = "Content", "192.0.2.25", 1
	case eventOpen:
		p["useragent"], p["ip"], p["sg_machine_open"] = userAgent, "203.0.113.7", false
		p["sg_content_type"] = "html"
	case eventClick:
		p["useragent"], p["ip"], p["url"] = userAgent, "203.0.113.7", d.URL
		p["url_offset"] = map[string]any{"index": 0, "type": "html"}
	case eventGroupUnsubscribe:
		p["useragent"], p["ip"], p["url"] = userAgent, "203.0.113.7", d.URL
	}
}
