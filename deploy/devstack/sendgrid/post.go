package sendgrid

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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
		if errors.Is(err, errNoMessage) {
			continue
		}
		if ctx.Err() != nil {
			return
		}
		if err := s.settle(b, err); err != nil {
			s.log.Error("event history is incomplete", "error", err)
		}
	}
}

// settle keeps what became of a post and queues it again if it was refused.
func (s *server) settle(b batch, refusal error) error {
	s.stats.eventPost(len(b.positions), refusal == nil)
	if refusal == nil {
		return s.store.setPosted(b.positions, postedOnce)
	}
	b.attempts++
	s.log.Debug("event webhook refused", "attempt", b.attempts, "error", refusal)
	if wait := retryAfter(b.attempts); time.Since(b.born)+wait < eventsGiveUp {
		s.batches.push(time.Now().Add(wait), b)
	}
	return s.store.setPosted(b.positions, refusedByReceiver)
}

func (s *server) postBatch(ctx context.Context, url string, b batch) error {
	events := make([]map[string]any, 0, len(b.positions))
	for _, position := range b.positions {
		o, recipient, err := s.store.occurrence(position)
		if err != nil {
			return err
		}
		m, err := s.store.identity(o.message)
		if err != nil {
			return err
		}
		events = append(events, payload(m, recipient, o))
	}
	body, err := json.Marshal(events)
	if err != nil {
		return fmt.Errorf("encode events: %w", err)
	}
	header, err := s.signed(body)
	if err != nil {
		return err
	}
	return s.send(ctx, url, "application/json", body, header)
}

// signed is the header that proves where a webhook comes from; Inbound Parse signs with the same fields.
func (s *server) signed(body []byte) (map[string]string, error) {
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	key := s.key
	if s.faults.forge() {
		key = s.forgersKey
	}
	signature, err := sign(key, timestamp, body)
	if err != nil {
		return nil, err
	}
	return map[string]string{signatureField: signature, timestampField: timestamp}, nil
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
