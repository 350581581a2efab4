package sendgrid

import (
	"context"
	"slices"
	"time"
)

// plan schedules what will happen to the n messages from id first on.
func (s *server) plan(first, n int) error {
	for id := first; id < first+n; id++ {
		m, c, err := s.store.get(id)
		if err != nil {
			return err
		}
		s.planMessage(id, m, c, nil)
	}
	return nil
}

// planMessage schedules the events that follow acceptance, but for those that already happened.
func (s *server) planMessage(id int, m message, c call, happened []occurrence) {
	delay := s.settings.get().delay()
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
				o.detail = &detail{Anonymous: true}
			}
			if !slices.ContainsFunc(happened, o.repeats) {
				s.happenings.push(start.Add(time.Duration(step+1)*delay), o)
			}
		}
	}
}

// repeats tells whether o is the same event as an earlier one, for which a group may have been filled in.
func (o occurrence) repeats(earlier occurrence) bool {
	same := o.event == earlier.event || o.event == eventUnsubscribe && earlier.event == eventGroupUnsubscribe
	return same && o.recipient == earlier.recipient
}

// resume takes up what a stop interrupted: events that had not happened yet, and posts that had not been taken.
func (s *server) resume() {
	now := time.Now()
	s.store.each(func(id int, m message, c call, happened []occurrence) {
		if now.Sub(c.Received) < eventsGiveUp || m.sendAt > now.Unix() {
			s.planMessage(id, m, c, happened)
		}
	})
	for positions := range slices.Chunk(s.store.unposted(now), eventsPerPost) {
		s.batches.push(now, batch{positions: positions, born: now})
	}
}

// happen turns due occurrences into history and webhook batches until ctx is done.
func (s *server) happen(ctx context.Context) {
	for {
		occurrences := s.happenings.next(ctx, eventsPerPost)
		if occurrences == nil {
			return
		}
		if !s.settings.get().Events {
			continue
		}
		if err := s.batch(occurrences); err != nil {
			s.log.Error("events are lost", "error", err)
		}
	}
}

func (s *server) batch(occurrences []occurrence) error {
	now := time.Now()
	for i := range occurrences {
		occurrences[i].at = now
		s.complete(&occurrences[i])
	}
	positions, err := s.store.record(occurrences)
	if err != nil {
		return err
	}
	b := batch{born: now}
	var dropped []int
	for _, position := range positions {
		f := s.faults.event()
		copies := slices.Repeat([]int{position}, 1+f.copies)
		switch {
		case f.drop:
			dropped = append(dropped, position)
		case f.delay > 0:
			s.batches.push(now.Add(f.delay), batch{positions: copies, born: now})
		default:
			b.positions = append(b.positions, copies...)
		}
	}
	if len(b.positions) > 0 {
		s.faults.reorder(b.positions)
		s.batches.push(now, b)
	}
	return s.store.setPosted(dropped, lostOnPurpose)
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
