package sendgrid

import "sync"

// maxParsed bounds the bytes of bodies kept parsed; rendering a page of one bulk call then parses its body once.
const maxParsed = 16 << 20

// parsedCalls keeps the tapes of the calls looked at last.
type parsedCalls struct {
	mu    sync.Mutex
	calls []*parsedCall // most recent last
	size  int
}

type parsedCall struct {
	id               string
	tape             *tape
	personalizations []int
}

func (p *parsedCalls) get(id string) *parsedCall {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, c := range p.calls {
		if c.id == id {
			p.calls = append(append(p.calls[:i:i], p.calls[i+1:]...), c)
			return c
		}
	}
	return nil
}

func (p *parsedCalls) put(c *parsedCall) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, c)
	p.size += len(c.tape.text)
	for len(p.calls) > 1 && p.size > maxParsed {
		p.size -= len(p.calls[0].tape.text)
		p.calls = p.calls[1:]
	}
}

func (p *parsedCalls) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls, p.size = nil, 0
}

// parse returns the body of the call that brought message id, and the message itself.
func (s *store) parse(id int) (*parsedCall, message, call, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	m, c, err := s.lookup(id)
	if err != nil {
		return nil, m, c, err
	}
	if p := s.parsed.get(c.ID); p != nil {
		return p, m, c, nil
	}
	body, err := s.segment.read(c.offset, c.Length)
	if err != nil {
		return nil, m, c, err
	}
	t, err := readTape(body)
	if err != nil {
		return nil, m, c, err
	}
	p := &parsedCall{id: c.ID, tape: t}
	if list, ok := t.get(0, "personalizations"); ok {
		t.each(list, func(_, value int) { p.personalizations = append(p.personalizations, value) })
	}
	s.parsed.put(p)
	return p, m, c, nil
}
