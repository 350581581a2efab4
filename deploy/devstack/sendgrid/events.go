package sendgrid

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
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
	URL    string
	Reason string
	// anonymous leaves out sg_message_id and custom arguments, as a bounce that arrives later by mail does.
	anonymous bool
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

// record adds o to the history of its message; false means that the message has been cleared.
func (s *store) record(o occurrence) (position int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := o.message - s.first
	if i < 0 || i >= len(s.messages) {
		return 0, false
	}
	o.previous = s.messages[i].lastEvent
	s.history = append(s.history, o)
	position = s.firstHistory + len(s.history) - 1
	s.messages[i].lastEvent = position + 1
	return position, true
}

func (s *store) setPosted(positions []int, p posting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, position := range positions {
		if i := position - s.firstHistory; i >= 0 {
			s.history[i].posted = p
		}
	}
}

// events is the history of message id, oldest first.
func (s *store) events(id int) ([]Event, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	m, _, err := s.lookup(id)
	if err != nil {
		return nil, err
	}
	var list []Event
	for next := m.lastEvent; next > 0; {
		o := s.history[next-1-s.firstHistory]
		next = o.previous
		e := Event{Email: m.recipients[o.recipient], Event: o.event, At: o.at, Attempt: o.attempt, Webhook: o.posted.String()}
		if o.detail != nil {
			e.URL, e.Reason = o.detail.URL, o.detail.Reason
		}
		list = append(list, e)
	}
	slices.Reverse(list)
	return list, nil
}

// occurrence is what the history holds at position, with the address it happened to.
func (s *store) occurrence(position int) (o occurrence, recipient string, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i := position - s.firstHistory
	if i < 0 {
		return o, "", errNoMessage
	}
	o = s.history[i]
	m, _, err := s.lookup(o.message)
	if err != nil {
		return o, "", err
	}
	return o, m.recipients[o.recipient], nil
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
	anonymous := o.detail != nil && o.detail.anonymous
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
	return fmt.Sprintf("%s.recvd-5f9ffdf494-rondo-1-%X-%X.%d", m.XMessageID, m.ReceivedAt.Unix(), m.ID, recipient)
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
