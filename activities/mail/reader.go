package mail

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"rondo/activities/calendar"
	"rondo/workflows"
)

// Occasion is what all messages of one delivery have in common.
type Occasion struct {
	Purpose workflows.Purpose
	Program int64
	// ProgramName is shown to readers.
	ProgramName string
	Round       int64 // 0 in a preview of a program without rounds
	// MatchAt and AnswersCloseAt are zero where the round has none.
	MatchAt, AnswersCloseAt time.Time
	// Of a networking session: it, the names and the start.
	Session                int64
	EventName, SessionName string
	StartsAt               time.Time
	// Zone is the IANA zone for readers who have none.
	Zone string
	// Expires is when the links stop working, but for unsubscribing, which never does.
	Expires time.Time
	Links   *Links
	// SenderName and SenderEmail are whose mailbox sends the step of a sequence.
	SenderName, SenderEmail string
}

// Reader is whom one message is for and what only they are told.
type Reader struct {
	Person Person
	Others []*Person // whom they meet, with the attributes the program shows
	Reason string    // why they meet nobody

	unsubscribe string // the link, once asked for
}

// Person is what a text may say of somebody.
type Person struct {
	ID         int64
	Email      string
	Name       string
	Timezone   string          // IANA name, or ""
	Attributes json.RawMessage // an object
	// Visible are the only attributes that can be printed; nil is all of them.
	Visible []string

	read []attribute // Attributes, once asked for
}

// NewPerson is a person with attributes that are texts.
func NewPerson(id int64, email, name, timezone string, attributes map[string]string) Person {
	raw, err := json.Marshal(attributes)
	if err != nil {
		panic(err) // texts always encode
	}
	return Person{ID: id, Email: email, Name: name, Timezone: timezone, Attributes: raw}
}

// call is how the person is named where a name is needed.
func (p *Person) call() string {
	if p.Name == "" {
		return p.Email
	}
	return p.Name
}

// attribute is one attribute as text.
type attribute struct{ name, value string }

// field is the name, the address or an attribute; empty if there is none.
func (p *Person) field(name string) string {
	switch name {
	case "name":
		return p.call()
	case "email":
		return p.Email
	}
	for _, a := range p.attributes() {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

// attributes reads the object in the order of names, leaving out what is empty. It is not for concurrent use.
func (p *Person) attributes() []attribute {
	if p.read != nil || len(p.Attributes) <= len("{}") || p.Visible != nil && len(p.Visible) == 0 {
		return p.read
	}
	var values map[string]any
	if json.Unmarshal(p.Attributes, &values) != nil {
		return nil
	}
	p.read = make([]attribute, 0, len(values))
	for name, v := range values {
		if p.Visible != nil && !slices.Contains(p.Visible, name) {
			continue
		}
		if s := attributeText(v); s != "" {
			p.read = append(p.read, attribute{name, s})
		}
	}
	slices.SortFunc(p.read, func(a, b attribute) int { return strings.Compare(a.name, b.name) })
	return p.read
}

func attributeText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		texts := make([]string, len(v))
		for i, item := range v {
			texts[i] = attributeText(item)
		}
		return strings.Join(texts, ", ")
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(b)
	}
}

// dates writes instants in readers' zones; a delivery has few different ones.
type dates struct {
	fallback string
	mu       sync.Mutex
	written  map[dateKey]string
}

func newDates(fallback string) *dates {
	return &dates{fallback: fallback, written: map[dateKey]string{}}
}

type dateKey struct {
	at   time.Time
	zone string
}

// in writes an instant as "Thursday 4 June 2026 at 10:00 (CEST)" in the zone, or in the fallback zone if there is no
// such zone.
func (d *dates) in(at time.Time, zone string) string {
	if at.IsZero() {
		return ""
	}
	key := dateKey{at, zone}
	d.mu.Lock()
	defer d.mu.Unlock()
	if s, ok := d.written[key]; ok {
		return s
	}
	loc, err := calendar.Zone(zone)
	if err != nil {
		if loc, err = calendar.Zone(d.fallback); err != nil {
			loc = time.UTC
		}
	}
	s := at.In(loc).Format("Monday 2 January 2006 at 15:04 (MST)")
	s = strings.NewReplacer("(+", "(UTC+", "(-", "(UTC-").Replace(s)
	d.written[key] = s
	return s
}
