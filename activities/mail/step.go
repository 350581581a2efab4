package mail

import (
	"cmp"
	"strings"

	"rondo/workflows"
)

// Step is the mail of a sequence's step before it is anybody's.
type Step struct {
	Text
	// Answers is the subject of the mail that it answers, where it has none of its own; it may hold Liquid too.
	Answers string
	// SenderName and SenderEmail are whose mailbox sends; Zone is theirs.
	SenderName, SenderEmail, Zone string
}

// Write renders a step for a contact, with the link that stops all mail. Its fault is that of Compile.
func (s Step) Write(links *Links, r *Reader) (m Message, unsubscribe string, err error) {
	if s.Subject == "" && s.Answers != "" {
		s.Subject = s.Answers
		if !strings.HasPrefix(strings.ToLower(s.Subject), "re:") {
			s.Subject = "Re: " + s.Subject
		}
	}
	t, err := Compile(Occasion{
		Purpose: workflows.StepMail, Zone: s.Zone, Links: links, SenderName: cmp.Or(s.SenderName, s.SenderEmail), SenderEmail: s.SenderEmail,
	}, s.Text, nil)
	if err != nil {
		return Message{}, "", err
	}
	m, err = t.Render(r)
	return m, t.Unsubscribe(r), err
}
