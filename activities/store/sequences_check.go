package store

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"rondo/activities/fault"
)

// Limits of a sequence.
const (
	MaxSteps            = 30
	MaxUnresponsiveDays = 365
	MaxDelayDays        = 180
	MaxDelayMinutes     = 1440
	MaxStaleHours       = 720
	MaxTaskText         = 10_000 // characters
)

func (s Sequence) clean() (Sequence, error) {
	var err error
	if s.Name, err = requiredName(s.Name, "a sequence"); err != nil {
		return s, err
	}
	if s.ContactFromHour == 0 && s.ContactToHour == 0 {
		s.ContactToHour = 24
	}
	if err := checkHours("body.contact_hours", s.ContactFromHour, s.ContactToHour); err != nil {
		return s, err
	}
	return s, inRange("body.unresponsive_days", s.UnresponsiveDays, 0, MaxUnresponsiveDays)
}

// CheckSteps refuses steps that do not make a sequence, at body.steps[i], i from 0. It does not read Liquid: package mail
// does. Codes: steps_missing, too_many_steps, step_kind_unknown, text_missing, subject_missing, task_field_unused,
// thread_without_mail, first_step_delayed, delay_twice, out_of_range, hours_empty, too_long, control_character, not_utf8.
func CheckSteps(steps []Step) error {
	if len(steps) == 0 {
		return fault.BadField("steps_missing", "body.steps", "a sequence has at least one step")
	}
	if len(steps) > MaxSteps {
		return fault.BadField("too_many_steps", "body.steps", "there are %d steps: a sequence has at most %d", len(steps), MaxSteps)
	}
	mailBefore := false
	for i, s := range steps {
		at := fmt.Sprintf("body.steps[%d]", i)
		if err := s.checkContent(at, mailBefore); err != nil {
			return err
		}
		if err := s.checkTimes(at, i == 0); err != nil {
			return err
		}
		mailBefore = mailBefore || s.Kind == MailStep
	}
	return nil
}

func (s Step) checkContent(at string, mailBefore bool) error {
	switch s.Kind {
	case MailStep:
		return s.checkMail(at, mailBefore)
	case TaskStep:
		return s.checkTask(at)
	}
	return fault.BadField("step_kind_unknown", at+".kind", "a step is a mail or a task")
}

func (s Step) checkMail(at string, mailBefore bool) error {
	switch {
	case s.Thread && !mailBefore:
		return fault.BadField("thread_without_mail", at+".thread", "there is no mail before this one that it could reply to")
	case strings.TrimSpace(s.Subject) == "" && !s.Thread:
		return fault.BadField("subject_missing", at+".subject", "a mail needs a subject, unless it replies to the mail before it")
	case strings.TrimSpace(s.Text) == "":
		return fault.BadField("text_missing", at+".text", "a mail needs a plain text; HTML comes beside it")
	}
	for _, f := range []struct{ name, text string }{{"subject", s.Subject}, {"text", s.Text}, {"html", s.HTML}} {
		if !utf8.ValidString(f.text) {
			return fault.BadField("not_utf8", at+"."+f.name, "the text is not UTF-8")
		}
	}
	return nil
}

func (s Step) checkTask(at string) error {
	for _, f := range []struct {
		name string
		used bool
	}{{"subject", s.Subject != ""}, {"html", s.HTML != ""}, {"thread", s.Thread}} {
		if f.used {
			return fault.BadField("task_field_unused", at+"."+f.name, "a task has a text only: leave %s out", f.name)
		}
	}
	text, err := cleanText(at+".text", s.Text, MaxTaskText, "\r\n\t")
	if err == nil && text == "" {
		return fault.BadField("text_missing", at+".text", "say what is to be done")
	}
	return err
}

func (s Step) checkTimes(at string, first bool) error {
	if err := inRange(at+".delay_days", s.DelayDays, 0, MaxDelayDays); err != nil {
		return err
	}
	if err := inRange(at+".delay_minutes", s.DelayMinutes, 0, MaxDelayMinutes); err != nil {
		return err
	}
	switch {
	case s.DelayDays > 0 && s.DelayMinutes > 0:
		return fault.BadField("delay_twice", at+".delay_minutes", "a delay is in sending days or in minutes, not in both")
	case first && s.DelayDays > 0:
		return fault.BadField("first_step_delayed", at+".delay_days", "the first step goes out when the batch starts: delay the start instead")
	case first && s.DelayMinutes > 0:
		return fault.BadField("first_step_delayed", at+".delay_minutes", "the first step goes out when the batch starts: delay the start instead")
	}
	if err := checkHours(at, s.FromHour, s.ToHour); err != nil {
		return err
	}
	return inRange(at+".stale_hours", s.StaleHours, 1, MaxStaleHours)
}
