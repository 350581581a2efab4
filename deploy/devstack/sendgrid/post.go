package sendgrid

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	eventsPerPost  = 500
	posters        = 4
	postTimeout    = 30 * time.Second
	firstRetry     = 500 * time.Millisecond
	longestRetry   = 5 * time.Minute
	eventsGiveUp   = 24 * time.Hour
	inboundsGiveUp = 72 * time.Hour
	signatureField = "X-Twilio-Email-Event-Webhook-Signature"
	timestampField = "X-Twilio-Email-Event-Webhook-Timestamp"
)

// A batch is a webhook post: positions in the store's history, tried until born + 24 h.
type batch struct {
	positions []int
	attempts  int
	born      time.Time
}

// retryAfter is how long to wait before attempt n+1: doubling from half a second to five minutes.
func retryAfter(attempts int) time.Duration {
	return min(firstRetry<<min(attempts-1, 20), longestRetry)
}

// plan schedules what will happen to the n messages from id first on.
func (s *server) plan(first, n int) error {
	delay := s.settings.get().delay()
	for id := first; id < first+n; id++ {
		m, c, err := s.store.get(id)
		if err != nil {
			return err
		}
		start := c.Received
		if m.sendAt > 0 && time.Unix(m.sendAt, 0).After(start) {
			start = time.Unix(m.sendAt, 0)
		}
		for recipient, address := range m.recipients {
			does := behaviourOf(address)
			for step, event := range plans[does] {
				o := occurrence{message: id, recipient: recipient, event: event}
				if event == eventDeferred {
					o.attempt = 1
				}
				if does == bouncesLater && event == eventBounce {
					o.detail = &detail{anonymous: true}
				}
				s.happenings.push(start.Add(time.Duration(step+1)*delay), o)
			}
		}
	}
	return nil
}

// happen turns due occurrences into history and webhook batches until ctx is done.
func (s *server) happen(ctx context.Context) {
	for {
		occurrences := s.happenings.next(ctx, eventsPerPost)
		if occurrences == nil {
			return
		}
		s.batch(occurrences)
	}
}

func (s *server) batch(occurrences []occurrence) {
	on := s.settings.get()
	b := batch{born: time.Now()}
	for _, o := range occurrences {
		if !on.Events {
			continue
		}
		o.at = time.Now()
		s.complete(&o)
		position, ok := s.store.record(o)
		if !ok {
			continue
		}
		f := s.faults.event()
		if f.drop {
			s.store.setPosted([]int{position}, lostOnPurpose)
			continue
		}
		copies := slices.Repeat([]int{position}, 1+f.copies)
		if f.delay > 0 {
			s.batches.push(time.Now().Add(f.delay), batch{positions: copies, born: time.Now()})
			continue
		}
		b.positions = append(b.positions, copies...)
	}
	if len(b.positions) > 0 {
		s.faults.reorder(b.positions)
		s.batches.push(time.Now(), b)
	}
}

// complete fills in what is only known from the message: which link was clicked, which group was left.
func (s *server) complete(o *occurrence) {
	if o.event != eventClick && o.event != eventUnsubscribe && o.event != eventGroupUnsubscribe {
		return
	}
	m, err := s.store.render(o.message)
	if err != nil {
		return // cleared meanwhile: recording will say so
	}
	if o.event == eventUnsubscribe && m.asmGroup > 0 {
		o.event = eventGroupUnsubscribe
	}
	if o.event != eventUnsubscribe && (o.detail == nil || o.detail.URL == "") {
		d := detail{}
		if o.detail != nil {
			d = *o.detail
		}
		if links := m.links(); len(links) > 0 {
			d.URL = links[0]
		}
		o.detail = &d
	}
}

// post delivers due batches until ctx is done. What is answered other than 2xx comes again, with new event ids.
func (s *server) post(ctx context.Context) {
	for {
		due := s.batches.next(ctx, 1)
		if due == nil {
			return
		}
		b := due[0]
		url := s.settings.get().EventWebhookURL
		if url == "" {
			continue
		}
		err := s.postBatch(ctx, url, b)
		switch {
		case err == nil:
			s.store.setPosted(b.positions, postedOnce)
			s.stats.eventPost(len(b.positions), true)
		case errors.Is(err, errNoMessage):
		case ctx.Err() != nil:
			return
		default:
			s.store.setPosted(b.positions, refusedByReceiver)
			s.stats.eventPost(len(b.positions), false)
			b.attempts++
			if wait := retryAfter(b.attempts); time.Since(b.born)+wait < eventsGiveUp {
				s.batches.push(time.Now().Add(wait), b)
			}
			s.log.Debug("event webhook refused", "attempt", b.attempts, "error", err)
		}
	}
}

func (s *server) postBatch(ctx context.Context, url string, b batch) error {
	events := make([]map[string]any, 0, len(b.positions))
	for _, position := range b.positions {
		o, recipient, err := s.store.occurrence(position)
		if err != nil {
			return err
		}
		m, err := s.store.header(o.message)
		if err != nil {
			return err
		}
		events = append(events, payload(m, recipient, o))
	}
	body, err := json.Marshal(events)
	if err != nil {
		return fmt.Errorf("encode events: %w", err)
	}
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	key := s.key
	if s.faults.forge() {
		key = s.forgersKey
	}
	signature, err := sign(key, timestamp, body)
	if err != nil {
		return err
	}
	return s.send(ctx, url, "application/json", body, map[string]string{signatureField: signature, timestampField: timestamp})
}

// send posts body and wants a 2xx answer.
func (s *server) send(ctx context.Context, url, contentType string, body []byte, header map[string]string) error {
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("post webhook: %w", err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", "SendGrid Event API")
	for name, value := range header {
		req.Header.Set(name, value)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("post webhook: %w", err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)); err != nil {
		return fmt.Errorf("read webhook answer: %w", err)
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("webhook answered %s", res.Status)
	}
	return nil
}
