package client

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
)

// Event is one server-sent event. ID goes into LastEventID of the next call, to go on from here.
type Event struct {
	ID   string
	Name string
	Data string // JSON
}

// maxEventLine bounds a line of a stream.
const maxEventLine = 1 << 20

// Events reads a stream that one of the Watch methods of Client (not of ClientWithResponses, which would wait for its end)
// began, and closes it. It ends without an error when the server ends the stream: watch again then.
//
//	for event, err := range client.Events(c.WatchRound(ctx, id, nil)) { ... }
func Events(res *http.Response, err error) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err != nil {
			yield(Event{}, fmt.Errorf("rondo: %w", err))
			return
		}
		defer func() { _ = res.Body.Close() }() // nothing is lost that was not read
		if res.StatusCode >= http.StatusBadRequest {
			body, err := io.ReadAll(io.LimitReader(res.Body, maxEventLine))
			yield(Event{}, errors.Join(problem(res.StatusCode, body), err))
			return
		}
		parseEvents(res.Body, yield)
	}
}

// parseEvents reads the format of https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
func parseEvents(r io.Reader, yield func(Event, error) bool) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxEventLine)
	var e Event
	var data []string
	for lines.Scan() {
		line := lines.Text()
		if line == "" {
			if len(data) > 0 {
				e.Data = strings.Join(data, "\n")
				if !yield(e, nil) {
					return
				}
			}
			e, data = Event{ID: e.ID}, nil
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			e.ID = value
		case "event":
			e.Name = value
		case "data":
			data = append(data, value)
		}
	}
	if err := lines.Err(); err != nil {
		yield(Event{}, fmt.Errorf("rondo: event stream: %w", err))
	}
}
