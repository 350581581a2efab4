package sendgrid

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

var errNoMessage = errors.New("no such message")

// A store holds every accepted message: bodies on disk, in memory an index of about 200 bytes a message and 40 an event.
type store struct {
	mu        sync.RWMutex
	segment   *segment
	first     int // id of messages[0]; ids go on after clear, so that a cursor never meets an old id again
	calls     []call
	messages  []message
	byAddress map[string][]int // lower-case address -> ids
	parsed    parsedCalls

	journal      *journal
	history      []occurrence
	firstHistory int // position of history[0], moved on by clear for the same reason
}

type call struct {
	stamp
	offset int64
}

type message struct {
	call       int
	index      int // position in personalizations
	recipients []string
	sendAt     int64
	lastEvent  int // position + 1 of the latest occurrence, 0 = none
}

func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make store folder: %w", err)
	}
	s := &store{first: 1, byAddress: map[string][]int{}}
	var err error
	s.segment, err = openSegment(dir, func(st stamp, offset int64, body []byte) error {
		v, err := validate(body, st.Received)
		if err != nil {
			return fmt.Errorf("stored call %s: %w", st.ID, err)
		}
		s.index(st, offset, v.request.messages)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.openHistory(dir); err != nil {
		return nil, errors.Join(err, s.segment.close())
	}
	return s, nil
}

// add keeps an accepted call and returns the ids of its messages: first and following.
func (s *store) add(st stamp, body []byte, envelopes []envelope) (first int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Length = len(body)
	offset, err := s.segment.add(st, body)
	if err != nil {
		return 0, err
	}
	return s.index(st, offset, envelopes), nil
}

func (s *store) index(st stamp, offset int64, envelopes []envelope) (first int) {
	first = s.first + len(s.messages)
	s.calls = append(s.calls, call{stamp: st, offset: offset})
	for i, e := range envelopes {
		s.messages = append(s.messages, message{call: len(s.calls) - 1, index: i, recipients: e.recipients, sendAt: e.sendAt})
		for _, address := range e.recipients {
			key := strings.ToLower(address)
			s.byAddress[key] = append(s.byAddress[key], first+i)
		}
	}
	return first
}

// get is the message with this id and the call that brought it.
func (s *store) get(id int) (message, call, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.lookup(id)
}

func (s *store) lookup(id int) (message, call, error) {
	i := id - s.first
	if i < 0 || i >= len(s.messages) {
		return message{}, call{}, fmt.Errorf("message %d: %w", id, errNoMessage)
	}
	m := s.messages[i]
	return m, s.calls[m.call], nil
}

// callBody is the body of the n-th call, from 1.
func (s *store) callBody(n int) ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if n < 1 || n > len(s.calls) {
		return nil, fmt.Errorf("call %d: %w", n, errNoMessage)
	}
	return s.segment.read(s.calls[n-1].offset, s.calls[n-1].Length)
}

// A query selects messages. Zero values select all.
type query struct {
	address  string // whole address, or a part of one
	afterID  int    // only later ids
	beforeID int    // only earlier ids
	since    time.Time
}

// find returns up to limit ids, newest first, and asks keep about each candidate in turn. Without an exact address it looks at
// every message.
func (s *store) find(q query, limit int, keep func(id int) (bool, error)) ([]int, error) {
	var found []int
	for _, id := range s.candidates(q) {
		if len(found) == limit {
			break
		}
		ok, err := keep(id)
		if errors.Is(err, errNoMessage) {
			continue // cleared meanwhile
		}
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, id)
		}
	}
	return found, nil
}

// candidates are the ids that q selects, newest first.
func (s *store) candidates(q query) []int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var ids []int
	add := func(id int) {
		m := s.messages[id-s.first]
		if id > q.afterID && (q.beforeID == 0 || id < q.beforeID) && s.calls[m.call].Received.After(q.since) {
			ids = append(ids, id)
		}
	}
	part := strings.ToLower(q.address)
	exact, known := s.byAddress[part]
	switch {
	case known:
		for i := len(exact) - 1; i >= 0; i-- {
			add(exact[i])
		}
	case validAddress(part):
	default:
		for i := len(s.messages) - 1; i >= 0; i-- {
			if part == "" || containsAddress(s.messages[i].recipients, part) {
				add(s.first + i)
			}
		}
	}
	return ids
}

func containsAddress(addresses []string, part string) bool {
	for _, a := range addresses {
		if strings.Contains(strings.ToLower(a), part) {
			return true
		}
	}
	return false
}

// counts are the numbers of calls and messages kept, and of messages per lower-case address.
func (s *store) counts() (calls, messages int, perAddress map[string]int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	perAddress = make(map[string]int, len(s.byAddress))
	for address, ids := range s.byAddress {
		perAddress[address] = len(ids)
	}
	return len(s.calls), len(s.messages), perAddress
}

// clear forgets every message and event.
func (s *store) clear() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.first += len(s.messages)
	s.firstHistory += len(s.history)
	s.calls, s.messages, s.history = nil, nil, nil
	s.byAddress = map[string][]int{}
	s.parsed.clear()
	return errors.Join(s.segment.clear(), s.journal.clear())
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.journal.close(), s.segment.close())
}

// total is the number of messages kept.
func (s *store) total() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.messages)
}

// each calls f for every message, with its history.
func (s *store) each(f func(id int, m message, c call, happened []occurrence)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i, m := range s.messages {
		f(s.first+i, m, s.calls[m.call], s.happened(m))
	}
}
