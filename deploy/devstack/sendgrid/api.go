package sendgrid

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	defaultLimit = 100
	maxLimit     = 5000
	maxAPIBody   = 8 << 20
)

// routeAPI adds the JSON API that tests and benchmarks use. It wants no key.
func (s *server) routeAPI(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/messages", s.listMessages)
	mux.HandleFunc("DELETE /api/messages", s.deleteMessages)
	mux.HandleFunc("GET /api/messages/{id}", s.getMessage)
	mux.HandleFunc("POST /api/messages/{id}/events", s.postEvent)
	mux.HandleFunc("POST /api/messages/{id}/reply", s.postReply)
	mux.HandleFunc("GET /api/calls/{n}", s.getCall)
	mux.HandleFunc("GET /api/stats", s.getStats)
	mux.HandleFunc("GET /api/settings", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, s.settings.get()) })
	mux.HandleFunc("PUT /api/settings", s.putSettings)
	mux.HandleFunc("GET /api/faults", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, s.faults.get()) })
	mux.HandleFunc("PUT /api/faults", s.putFaults)
	mux.HandleFunc("DELETE /api/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.faults.reset(Faults{})
		w.WriteHeader(http.StatusNoContent)
	})
}

func writeError(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	if errors.Is(err, errNoMessage) {
		status = http.StatusNotFound
	}
	writeJSON(w, status, map[string]string{"error": err.Error()})
}

func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAPIBody))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	return nil
}

// MessageList is the answer of GET /api/messages, newest first, without contents. Next, if not 0, is the before of the next page.
type MessageList struct {
	Messages []*Mail `json:"messages"`
	Next     int     `json:"next,omitempty"`
}

// listMessages takes to (an address, or a part of one), subject (a part of it), after (an id, or an RFC 3339 time), before (an
// id) and limit (1 to 5000).
func (s *server) listMessages(w http.ResponseWriter, r *http.Request) {
	q, limit, err := parseQuery(r)
	if err != nil {
		writeError(w, err)
		return
	}
	list, err := s.messages(q, strings.ToLower(r.FormValue("subject")), limit)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, list)
}

func (s *server) messages(q query, subject string, limit int) (MessageList, error) {
	list := MessageList{Messages: []*Mail{}}
	_, err := s.store.find(q, limit+1, func(id int) (bool, error) {
		m, err := s.store.header(id)
		if err != nil || subject != "" && !strings.Contains(strings.ToLower(m.Subject), subject) {
			return false, err
		}
		list.Messages = append(list.Messages, m)
		return true, nil
	})
	if len(list.Messages) > limit {
		list.Messages = list.Messages[:limit]
		list.Next = list.Messages[limit-1].ID
	}
	return list, err
}

func parseQuery(r *http.Request) (q query, limit int, err error) {
	q = query{address: strings.TrimSpace(r.FormValue("to"))}
	if after := r.FormValue("after"); after != "" {
		if q.afterID, err = strconv.Atoi(after); err != nil {
			if q.since, err = time.Parse(time.RFC3339Nano, after); err != nil {
				return q, 0, fmt.Errorf("after is neither an id nor an RFC 3339 time: %q", after)
			}
		}
	}
	if before := r.FormValue("before"); before != "" {
		if q.beforeID, err = strconv.Atoi(before); err != nil {
			return q, 0, fmt.Errorf("before is no id: %q", before)
		}
	}
	limit = defaultLimit
	if given := r.FormValue("limit"); given != "" {
		if limit, err = strconv.Atoi(given); err != nil || limit < 1 || limit > maxLimit {
			return q, 0, fmt.Errorf("limit must be 1 to %d", maxLimit)
		}
	}
	return q, limit, nil
}

// message is the message the path names, with its events.
func (s *server) message(r *http.Request) (*Mail, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		return nil, errNoMessage
	}
	m, err := s.store.render(id)
	if err != nil {
		return nil, err
	}
	m.Events, err = s.store.events(id)
	return m, err
}

func (s *server) getMessage(w http.ResponseWriter, r *http.Request) {
	m, err := s.message(r)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, m)
}

func (s *server) deleteMessages(w http.ResponseWriter, _ *http.Request) {
	if err := s.clear(); err != nil {
		writeError(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// clear forgets messages, events under way and counts; settings and faults stay.
func (s *server) clear() error {
	s.happenings.clear()
	s.batches.clear()
	s.inbounds.clear()
	s.stats.clear()
	return s.store.clear()
}

// An EventRequest is the body of POST /api/messages/{id}/events: something a recipient, or their provider, does.
type EventRequest struct {
	Event     string `json:"event"`
	Recipient string `json:"recipient"` // default: the first
	URL       string `json:"url"`       // of a click; default: the first link
	Reason    string `json:"reason"`    // of a bounce, block, drop or deferral
}

func (s *server) postEvent(w http.ResponseWriter, r *http.Request) {
	var e EventRequest
	if err := readJSON(w, r, &e); err != nil {
		writeError(w, err)
		return
	}
	m, err := s.message(r)
	if err == nil {
		err = s.emit(m, e)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// emit makes an event happen now.
func (s *server) emit(m *Mail, e EventRequest) error {
	if !knownEvents[e.Event] {
		return fmt.Errorf("unknown event %q", e.Event)
	}
	stored, _, err := s.store.get(m.ID)
	if err != nil {
		return err
	}
	o := occurrence{message: m.ID, event: e.Event}
	if e.Recipient != "" {
		for i, address := range stored.recipients {
			if strings.EqualFold(address, e.Recipient) {
				o.recipient = i
			}
		}
		if !strings.EqualFold(stored.recipients[o.recipient], e.Recipient) {
			return fmt.Errorf("%s is no recipient of message %d", e.Recipient, m.ID)
		}
	}
	if e.URL != "" || e.Reason != "" {
		o.detail = &detail{URL: e.URL, Reason: e.Reason}
	}
	s.happenings.push(time.Now(), o)
	return nil
}

func (s *server) postReply(w http.ResponseWriter, r *http.Request) {
	var reply Reply
	if err := readJSON(w, r, &reply); err != nil {
		writeError(w, err)
		return
	}
	m, err := s.message(r)
	if err != nil {
		writeError(w, err)
		return
	}
	delivered, err := s.reply(r.Context(), m, reply)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusAccepted, map[string]bool{"delivered": delivered})
}

// getStats leaves out the counts per address when asked with per_address=false: they are the bulk of the answer.
func (s *server) getStats(w http.ResponseWriter, r *http.Request) {
	var st Stats
	s.stats.fill(&st)
	st.AcceptedCalls, st.Messages, st.PerAddress = s.store.counts()
	st.Addresses = len(st.PerAddress)
	for _, n := range st.PerAddress {
		st.MaxPerAddress = max(st.MaxPerAddress, n)
	}
	if r.FormValue("per_address") == "false" {
		st.PerAddress = nil
	}
	st.EventsPending, st.BatchesPending = s.happenings.len(), s.batches.len()
	writeJSON(w, http.StatusOK, st)
}

func (s *server) putSettings(w http.ResponseWriter, r *http.Request) {
	to := s.settings.get()
	if err := readJSON(w, r, &to); err != nil {
		writeError(w, err)
		return
	}
	s.settings.set(to)
	writeJSON(w, http.StatusOK, to)
}

func (s *server) putFaults(w http.ResponseWriter, r *http.Request) {
	var to Faults
	err := readJSON(w, r, &to)
	if err == nil {
		err = s.faults.set(to)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, s.faults.get())
}

// getCall gives the body of the n-th accepted call since the last clear, from 1: what a benchmark posts again.
func (s *server) getCall(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		writeError(w, fmt.Errorf("call %q: not a number", r.PathValue("n")))
		return
	}
	body, err := s.store.callBody(n)
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // the client hung up: nobody to tell
}
