package api

import (
	"strings"

	"rondo/activities/fault"
	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/workflows"
)

// Step is one mail or manual task of a sequence.
type Step struct {
	Kind         string `json:"kind" enum:"mail,task"`
	Subject      string `json:"subject" required:"false" maxLength:"1000" doc:"Liquid. Required of a mail, unless it is in a thread" example:"An idea for {{ person.company | default: 'you' }}"`
	Text         string `json:"text" maxLength:"100000" doc:"Liquid; of a task what is to be done, as it stands, up to 10,000 characters"`
	HTML         string `json:"html" required:"false" maxLength:"100000" doc:"Liquid; empty: made from the text"`
	Thread       bool   `json:"thread" required:"false" doc:"A reply to the last mail before it"`
	DelayDays    int    `json:"delay_days" required:"false" minimum:"0" maximum:"180" doc:"Sending days of the sender after the step before really went out"`
	DelayMinutes int    `json:"delay_minutes" required:"false" minimum:"0" maximum:"1440" doc:"Instead of delay_days"`
	FromHour     int    `json:"from_hour" required:"false" minimum:"0" maximum:"23" doc:"On the sender's wall clock"`
	ToHour       int    `json:"to_hour" required:"false" minimum:"1" maximum:"24" default:"24" doc:"The first hour in which it does not go out"`
	StaleHours   int    `json:"stale_hours" required:"false" minimum:"1" maximum:"720" default:"24" doc:"Later than this it is planned anew"`
}

func showSteps(rows []store.Step) []Step {
	steps := make([]Step, len(rows))
	for i, r := range rows {
		steps[i] = Step{
			Kind: r.Kind, Subject: r.Subject, Text: r.Text, HTML: r.HTML, Thread: r.Thread, DelayDays: r.DelayDays, DelayMinutes: r.DelayMinutes,
			FromHour: r.FromHour, ToHour: r.ToHour, StaleHours: r.StaleHours,
		}
	}
	return steps
}

// readSteps checks steps, first what they are, then the Liquid of their mails: its fault names the mistakes of all steps.
func readSteps(in []Step) ([]store.Step, error) {
	steps := make([]store.Step, len(in))
	for i, s := range in {
		steps[i] = store.Step{
			No: i + 1, Kind: s.Kind, Subject: s.Subject, Text: s.Text, HTML: s.HTML, Thread: s.Thread, DelayDays: s.DelayDays,
			DelayMinutes: s.DelayMinutes, FromHour: s.FromHour, ToHour: s.ToHour, StaleHours: s.StaleHours,
		}
	}
	if err := store.CheckSteps(steps); err != nil {
		return nil, err
	}
	var found *fault.Error
	for i, s := range steps {
		if s.Kind != store.MailStep {
			continue
		}
		text := mail.Text{Subject: s.Subject, Text: s.Text, HTML: s.HTML}
		if strings.TrimSpace(text.Subject) == "" {
			text.Subject = "Re:" // it gets that of the mail it replies to
		}
		if err := mail.Check(workflows.StepMail, text, nil); err != nil {
			found = addMistakes(found, err, "body.steps["+itoa(i)+"]")
		}
	}
	if found != nil {
		return nil, found
	}
	return steps, nil
}

// addMistakes moves those that a check of a text found to where the text was in the request.
func addMistakes(found *fault.Error, err error, at string) *fault.Error {
	f := fault.From(err)
	if found == nil {
		found = fault.Wrap(err, f.Kind, f.Code, "the texts of the steps have mistakes")
	}
	if len(f.Fields) == 0 {
		found.Fields = append(found.Fields, fault.Field{Location: at, Message: f.Message})
	}
	for _, field := range f.Fields {
		field.Location = at + "." + field.Location[strings.LastIndexByte(field.Location, '.')+1:]
		found.Fields = append(found.Fields, field)
	}
	return found
}
