package sendgrid

import (
	"fmt"
	"slices"
	"time"
)

// openHistory reads back what happened to the messages already indexed.
func (s *store) openHistory(dir string) error {
	var err error
	s.journal, err = openJournal(dir, func(line journalLine) {
		if line.Event == "" {
			s.markPosted(line.Positions, line.Posted)
			return
		}
		s.remember(occurrence{message: line.Message, recipient: line.Recipient, event: line.Event, attempt: line.Attempt, detail: line.Detail, at: line.At})
	})
	return err
}

// record adds occurrences to the history and returns their positions, leaving out those of messages cleared meanwhile.
func (s *store) record(occurrences []occurrence) (positions []int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range occurrences {
		position, ok := s.remember(o)
		if !ok {
			continue
		}
		line := journalLine{Message: o.message - s.first + 1, Recipient: o.recipient, Event: o.event, Attempt: o.attempt, At: o.at, Detail: o.detail}
		if err := s.journal.add(line); err != nil {
			return positions, err
		}
		positions = append(positions, position)
	}
	return positions, s.journal.flush()
}

func (s *store) remember(o occurrence) (position int, ok bool) {
	i := o.message - s.first
	if i < 0 || i >= len(s.messages) || o.recipient >= len(s.messages[i].recipients) {
		return 0, false
	}
	o.previous = s.messages[i].lastEvent
	s.history = append(s.history, o)
	position = s.firstHistory + len(s.history) - 1
	s.messages[i].lastEvent = position + 1
	return position, true
}

// setPosted keeps what became of the posts of the occurrences at positions.
func (s *store) setPosted(positions []int, p posting) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	relative := make([]int, 0, len(positions))
	for _, position := range positions {
		if position >= s.firstHistory {
			relative = append(relative, position-s.firstHistory)
		}
	}
	if len(relative) == 0 {
		return nil
	}
	s.markPosted(relative, p)
	if err := s.journal.add(journalLine{Posted: p, Positions: relative}); err != nil {
		return err
	}
	return s.journal.flush()
}

func (s *store) markPosted(relative []int, p posting) {
	for _, i := range relative {
		if i >= 0 && i < len(s.history) {
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
	for _, o := range s.happened(m) {
		e := Event{Email: m.recipients[o.recipient], Event: o.event, At: o.at, Attempt: o.attempt, Webhook: o.posted.String()}
		if o.detail != nil {
			e.URL, e.Reason = o.detail.URL, o.detail.Reason
		}
		list = append(list, e)
	}
	return list, nil
}

// happened is the history of m, oldest first.
func (s *store) happened(m message) (list []occurrence) {
	for next := m.lastEvent; next > 0; {
		o := s.history[next-1-s.firstHistory]
		list = append(list, o)
		next = o.previous
	}
	slices.Reverse(list)
	return list
}

// occurrence is what the history holds at position, with the address it happened to.
func (s *store) occurrence(position int) (o occurrence, recipient string, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i := position - s.firstHistory
	if i < 0 || i >= len(s.history) {
		return o, "", fmt.Errorf("event %d: %w", position, errNoMessage)
	}
	o = s.history[i]
	m, _, err := s.lookup(o.message)
	if err != nil {
		return o, "", err
	}
	return o, m.recipients[o.recipient], nil
}

// unposted are the positions of events younger than the time for which posts are repeated, still to be posted.
func (s *store) unposted(now time.Time) (positions []int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i, o := range s.history {
		if (o.posted == notPosted || o.posted == refusedByReceiver) && now.Sub(o.at) < eventsGiveUp {
			positions = append(positions, s.firstHistory+i)
		}
	}
	return positions
}
