package mail

import (
	"encoding/json"
	"slices"
	"time"

	"rondo/activities/fault"
	"rondo/workflows"
)

// Preview renders a program's text for a reader as a delivery would, with links that lead nowhere. Its fault is that of
// Compile.
func Preview(p workflows.Purpose, programName string, text Text, visible []string, r *Reader) (Message, error) {
	o := sampleOccasion(p)
	o.ProgramName = programName
	t, err := Compile(o, text, visible)
	if err != nil {
		return Message{}, err
	}
	m, err := t.Render(r)
	if err != nil {
		return m, fault.Wrap(err, fault.Invalid, "text_invalid", "the %s text cannot be rendered", p)
	}
	return m, nil
}

// SampleReader invents somebody to preview a text of the purpose with.
func SampleReader(p workflows.Purpose, visible []string) *Reader {
	shown := map[string]string{}
	for _, name := range visible {
		shown[name] = "Sample"
	}
	attributes, _ := json.Marshal(shown) // a map of strings always marshals
	r := &Reader{Person: Person{ID: 1, Email: "ada@example.com", Name: "Ada Lovelace", Timezone: "Europe/London", Attributes: attributes}}
	if slices.Contains(meets, p) {
		r.Others = []*Person{{ID: 2, Email: "grace@example.com", Name: "Grace Hopper", Attributes: attributes}}
	}
	if p == workflows.NoMatchMail {
		r.Reason = "An odd number of people took part, and this time you were the one left over."
	}
	return r
}

// sampleOccasion is enough to render with; its links verify nowhere.
func sampleOccasion(p workflows.Purpose) Occasion {
	links, err := NewLinks(make([]byte, 32), "https://rondo.invalid")
	if err != nil {
		panic(err) // constants
	}
	at := time.Date(2026, time.June, 4, 8, 0, 0, 0, time.UTC)
	return Occasion{
		Purpose: p, Program: 1, ProgramName: "Sample program", Round: 1, MatchAt: at, AnswersCloseAt: at.AddDate(0, 0, -1),
		Session: 1, EventName: "Sample event", SessionName: "Sample session", StartsAt: at,
		Zone: "UTC", Expires: at.AddDate(0, 1, 0), Links: links, SenderName: "Sample sender", SenderEmail: "sender@example.com",
	}
}
