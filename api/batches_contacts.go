package api

import (
	"context"
	"net/http"

	"rondo/activities/fault"
	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/workflows"
)

func (s *Server) addBatchContacts() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/batches/{id}/refusals", ID: "list-refusals", Tag: "batches", Scope: Read,
		Summary: "See who of a batch cannot be engaged, why, and what to do about it",
		Description: "Engaging goes on without them. They are looked up anew each time: who is taken off the blacklist, or gets a missing value " +
			"(`PATCH /v1/people/{id}`), is no longer refused. `been_before` is a safeguard of the sequence; `authorized` of the batch lifts it for this batch.",
	}, s.listRefusals)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/batches/{id}/contacts", ID: "list-batch-contacts", Tag: "batches", Scope: Read,
		Summary: "List the contacts of a batch with who writes to them", Description: "In the order in which they are begun.",
	}, s.listBatchContacts)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/batches/{id}/contacts/{person}/mails", ID: "get-contact-mails", Tag: "batches", Scope: Read,
		Summary: "Read every mail of the sequence as this contact would get it",
	}, s.contactMails)
	handle(s, Route{
		Method: http.MethodPut, Path: "/v1/batches/{id}/contacts/{person}/mails/{step}", ID: "edit-contact-mail", Tag: "batches", Scope: Send,
		Summary:     "Edit a mail for one contact of a draft",
		Description: "The text takes the place of the step's for this contact only. It is Liquid like the step's; without `html` the HTML is made from the text.",
	}, s.editContactMail)
	handle(s, Route{
		Method: http.MethodDelete, Path: "/v1/batches/{id}/contacts/{person}/mails/{step}", ID: "reset-contact-mail", Tag: "batches", Scope: Send,
		Summary: "Give a contact of a draft the step's text again",
	}, s.resetContactMail)
}

// RefusedContact is somebody who cannot be engaged.
type RefusedContact struct {
	ID      int64    `json:"id"`
	Email   string   `json:"email"`
	Name    string   `json:"name"`
	Missing []string `json:"missing,omitempty" doc:"Of missing_variables: name, or attributes that a text prints"`
}

// Refusal is one reason and everybody it concerns.
type Refusal struct {
	Code     string           `json:"code" enum:"blacklisted,engaged,missing_variables,been_before,no_sender,no_common_hours"`
	Do       string           `json:"do" doc:"What helps"`
	Total    int              `json:"total"`
	Contacts []RefusedContact `json:"contacts" nullable:"false" doc:"The first 500"`
}

const mostRefused = 500

var remedies = map[string]string{
	store.RefusedBlacklisted: "remove the address or domain from the blacklist: DELETE /v1/blacklist/{id}",
	store.RefusedEngaged:     "wait until the other sequence is over, or stop it: POST /v1/enrollments/stop",
	store.RefusedMissing:     "fill in what is missing: PATCH /v1/people/{id}; or write a default into the text: {{ person.role | default: \"...\" }}",
	store.RefusedBefore:      "authorize adding them: PATCH /v1/batches/{id} with authorized",
	store.RefusedHours:       "choose a sender whose hours meet those of the contact, or change contact_hours: PATCH /v1/sequences/{id}",
	store.RefusedNoSender:    "give the contact an owner with a mailbox, or choose senders: PATCH /v1/batches/{id}",
}

type refusalsOutput struct {
	Body struct {
		Refusals []Refusal `json:"refusals" nullable:"false" doc:"Those that concern somebody"`
		Engaged  int       `json:"engageable" doc:"How many contacts would be engaged"`
	}
}

func (s *Server) candidates(ctx context.Context, batch int64) (store.Batch, []store.Candidate, error) {
	b, err := s.store.Batch(ctx, batch)
	if err != nil {
		return b, nil, err
	}
	all, err := s.store.Candidates(ctx, b, mail.Needs)
	return b, all, err
}

func (s *Server) listRefusals(ctx context.Context, in *BatchPath) (*refusalsOutput, error) {
	_, all, err := s.candidates(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &refusalsOutput{}
	out.Body.Refusals = []Refusal{}
	for _, code := range store.Refusals {
		r := Refusal{Code: code, Do: remedies[code], Contacts: []RefusedContact{}}
		for _, c := range all {
			if c.Refused != code {
				continue
			}
			if r.Total++; len(r.Contacts) < mostRefused {
				one := RefusedContact{ID: c.ID, Email: c.Email, Name: c.Name}
				if code == store.RefusedMissing {
					one.Missing = c.Missing
				}
				r.Contacts = append(r.Contacts, one)
			}
		}
		if r.Total > 0 {
			out.Body.Refusals = append(out.Body.Refusals, r)
		}
	}
	for _, c := range all {
		if c.Refused == "" {
			out.Body.Engaged++
		}
	}
	return out, nil
}

// BatchContact is somebody in a batch.
type BatchContact struct {
	ID       int64  `json:"id"`
	Email    string `json:"email"`
	Name     string `json:"name"`
	SenderID int64  `json:"sender_id,omitempty"`
	Refused  string `json:"refused,omitempty" enum:"blacklisted,engaged,missing_variables,been_before,no_sender,no_common_hours"`
	Edited   bool   `json:"edited" doc:"A mail was edited for this contact"`
}

type (
	batchContactsInput struct {
		BatchPath
		PageQuery
	}
	batchContactsOutput struct{ Body Page[BatchContact] }
)

func (s *Server) listBatchContacts(ctx context.Context, in *batchContactsInput) (*batchContactsOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	_, all, err := s.candidates(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &batchContactsOutput{Body: pageOf(in.PageQuery, p, all, func(c store.Candidate) BatchContact {
		return BatchContact{ID: c.ID, Email: c.Email, Name: c.Name, SenderID: c.Sender, Refused: c.Refused, Edited: len(c.Texts) > 0}
	})}, nil
}

// pageOf is a page of a list that is made anew as a whole: its cursor is a place.
func pageOf[R, T any](q PageQuery, p store.Page, all []R, show func(R) T) Page[T] {
	rest := all[min(int(p.After), len(all)):]
	place := int64(0)
	return newPage(q, rest[:min(p.Limit, len(rest))], func(R) int64 { place = p.After + int64(q.Limit); return place }, show)
}

// ContactMail is a step's mail as one contact gets it.
type ContactMail struct {
	Step    int    `json:"step"`
	Kind    string `json:"kind" enum:"mail,task"`
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text" doc:"Of a task: what is to be done"`
	HTML    string `json:"html,omitempty"`
	Edited  bool   `json:"edited"`
}

type contactMailsOutput struct {
	Body struct {
		Mails   []ContactMail `json:"mails" nullable:"false"`
		Missing []string      `json:"missing" nullable:"false" doc:"What the texts print and nobody knows of this contact"`
	}
}

func (s *Server) contactMails(ctx context.Context, in *BatchContactPath) (*contactMailsOutput, error) {
	b, c, err := s.candidate(ctx, in)
	if err != nil {
		return nil, err
	}
	steps, err := s.store.Steps(ctx, b.SequenceID, b.Edition)
	if err != nil {
		return nil, err
	}
	out := &contactMailsOutput{}
	out.Body.Mails, out.Body.Missing = []ContactMail{}, c.Missing
	for _, step := range steps {
		one := ContactMail{Step: step.No, Kind: step.Kind, Text: step.Text}
		if step.Kind == store.MailStep {
			text, edited := step.TextFor(c.Texts)
			m, err := s.renderStep(ctx, step, text, store.SubjectAnswered(steps, step.No, c.Texts), c)
			if err != nil {
				return nil, err
			}
			one.Subject, one.Text, one.HTML, one.Edited = m.Subject, m.Text, m.HTML, edited
		}
		out.Body.Mails = append(out.Body.Mails, one)
	}
	return out, nil
}

func (s *Server) candidate(ctx context.Context, in *BatchContactPath) (store.Batch, store.Candidate, error) {
	b, all, err := s.candidates(ctx, in.ID)
	if err != nil {
		return b, store.Candidate{}, err
	}
	for _, c := range all {
		if c.ID == in.Person {
			return b, c, nil
		}
	}
	return b, store.Candidate{}, fault.New(fault.NotFound, "not_in_batch", "the person is not in this batch")
}

// renderStep renders as the sending does; a contact without a sender reads of a sample one.
func (s *Server) renderStep(ctx context.Context, step store.Step, text store.StepText, answers string, c store.Candidate) (mail.Message, error) {
	src := mail.Step{Text: mail.Text(text), SenderName: "Sample sender", SenderEmail: "sender@example.com", Zone: "UTC"}
	if step.Thread {
		src.Answers = answers
	}
	if c.Sender != 0 {
		box, err := s.store.Sender(ctx, c.Sender)
		if err != nil {
			return mail.Message{}, err
		}
		src.SenderName, src.SenderEmail, src.Zone = box.Name, box.Address, box.Timezone
	}
	m, _, err := src.Write(s.links, &mail.Reader{Person: mail.NewPerson(c.ID, c.Email, c.Name, c.Timezone, c.Attributes)})
	return m, err
}

// BatchMailPath is embedded by inputs about a mail to somebody in a batch.
type BatchMailPath struct {
	BatchContactPath
	Step int `path:"step" minimum:"1" maximum:"30"`
}

type editContactMailInput struct {
	BatchMailPath
	Body struct {
		Subject string `json:"subject,omitempty" maxLength:"1000" doc:"Missing in a step that answers the one before: its subject"`
		Text    string `json:"text" minLength:"1" maxLength:"100000"`
		HTML    string `json:"html,omitempty" maxLength:"200000"`
	}
}

func (s *Server) editContactMail(ctx context.Context, in *editContactMailInput) (*contactMailsOutput, error) {
	b, err := s.store.Batch(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	steps, err := s.store.Steps(ctx, b.SequenceID, b.Edition)
	if err != nil {
		return nil, err
	}
	if in.Step > len(steps) || steps[in.Step-1].Kind != store.MailStep {
		return nil, fault.New(fault.NotFound, "no_such_mail", "the sequence has no mail as step %d", in.Step)
	}
	text := store.StepText{Subject: in.Body.Subject, Text: in.Body.Text, HTML: in.Body.HTML}
	checked := mail.Text(text)
	if checked.Subject == "" && steps[in.Step-1].Thread {
		checked.Subject = "Re:"
	}
	if checked.Subject == "" {
		return nil, fault.BadField("subject_missing", "body.subject", "a mail that answers none has a subject")
	}
	if err := mail.Check(workflows.StepMail, checked, nil); err != nil {
		return nil, addMistakes(nil, err, "body")
	}
	if err := s.store.EditText(ctx, in.ID, in.Person, in.Step, &text); err != nil {
		return nil, err
	}
	return s.contactMails(ctx, &in.BatchContactPath)
}

func (s *Server) resetContactMail(ctx context.Context, in *BatchMailPath) (*struct{}, error) {
	return nil, s.store.EditText(ctx, in.ID, in.Person, in.Step, nil)
}
