package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/calendar"
	"rondo/activities/store"
)

func (s *Server) addEnrollments() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/enrollments", ID: "list-enrollments", Tag: "enrollments", Scope: Read,
		Summary: "List contacts of sequences",
	}, s.listEnrollments)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/enrollments/{id}", ID: "get-enrollment", Tag: "enrollments", Scope: Read,
		Summary:     "Read a contact's way through a sequence: what was sent, what came back, and why nothing has been sent yet",
		Description: whyHelp,
	}, s.getEnrollment)
	s.addEnrollmentActions()
}

const whyHelp = "`why` answers: why has this contact not been written to yet? Its `text` is for people, its `code` for programs:\n\n" +
	"| code | |\n|---|---|\n" +
	"| `over`, `stopped` | the sequence ended, see `state`; all steps are done and an answer has time until `at` |\n" +
	"| `paused`, `out_of_office`, `snoozed` | by `by`, or because the contact is away or wants no mail for now |\n" +
	"| `start`, `delay`, `slot` | waits for its batch, for the delay of the step, for its slot |\n" +
	"| `hours`, `holiday`, `contact_hours`, `spread` | pushed back by the hours or a holiday of the sender, by the contact's own hours, or by the pace of the batch |\n" +
	"| `quota_hour`, `quota_day`, `gap`, `cap_domain`, `cap_company` | pushed back by a limit of the sender |\n" +
	"| `sender_paused`, `sender_deleted`, `bounces` | the sender sends nothing, or begins no sequences |\n" +
	"| `task` | `sender_id` has a task to do |\n" +
	"| `sending`, `unknown`, `provider_away` | the provider is being asked, did not answer, or took nothing |\n" +
	"| `late`, `replanned_stale`, `horizon` | planned anew after the system stood still, after a late resume; no slot within six months |\n" +
	"| `overdue` | due, and not yet taken by a worker |"

// Enrollment is one person's way through a sequence.
type Enrollment struct {
	ID         int64      `json:"id"`
	SequenceID int64      `json:"sequence_id"`
	Edition    int        `json:"edition" doc:"Of the sequence's steps"`
	BatchID    int64      `json:"batch_id"`
	PersonID   int64      `json:"person_id"`
	Name       string     `json:"name" doc:"Of the person; empty when erased"`
	SenderID   int64      `json:"sender_id"`
	State      string     `json:"state" enum:"added,active,stopped,paused,replied,unresponsive,unsubscribed,blacklisted,bounced,error"`
	Reason     string     `json:"reason,omitempty" doc:"A code: why in this state, or why the next mail was planned anew"`
	Step       int        `json:"step" doc:"The one to come, or waited for; from 1"`
	DueAt      *time.Time `json:"due_at,omitempty" doc:"When it goes on; missing: when somebody does something, or never"`
	ResumeAt   *time.Time `json:"resume_at,omitempty" doc:"When a pause ends by itself"`
	LastSentAt *time.Time `json:"last_sent_at,omitempty" doc:"When the last step was done"`
	EndedAt    *time.Time `json:"ended_at,omitempty" doc:"Over since; a stopped one that waits for an answer is not over"`
	CreatedAt  time.Time  `json:"created_at"`
}

func showEnrollment(e store.Enrollment, name string) Enrollment {
	return Enrollment{
		ID: e.ID, SequenceID: e.SequenceID, Edition: e.Edition, BatchID: e.BatchID, PersonID: e.PersonID, Name: name, SenderID: e.SenderID,
		State: string(e.State), Reason: e.Reason, Step: e.Step, DueAt: e.DueAt, ResumeAt: e.ResumeAt, LastSentAt: e.LastSentAt, EndedAt: e.EndedAt,
		CreatedAt: e.CreatedAt,
	}
}

type (
	listEnrollmentsInput struct {
		PageQuery
		Sequence int64  `query:"sequence" minimum:"1"`
		Batch    int64  `query:"batch" minimum:"1"`
		Sender   int64  `query:"sender" minimum:"1"`
		Person   int64  `query:"person" minimum:"1"`
		State    string `query:"state" enum:"added,active,stopped,paused,replied,unresponsive,unsubscribed,blacklisted,bounced,error"`
		Open     bool   `query:"open" doc:"Only those that are not over"`
	}
	enrollmentsOutput struct{ Body Page[Enrollment] }
)

func (s *Server) listEnrollments(ctx context.Context, in *listEnrollmentsInput) (*enrollmentsOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Enrollments(ctx, store.EnrollmentFilter{
		Sequence: in.Sequence, Batch: in.Batch, Sender: in.Sender, Person: in.Person, State: store.State(in.State), Open: in.Open,
	}, p)
	if err != nil {
		return nil, err
	}
	people := make([]int64, len(rows))
	for i, e := range rows {
		people[i] = e.PersonID
	}
	names, err := s.store.Names(ctx, people)
	if err != nil {
		return nil, err
	}
	show := func(e store.Enrollment) Enrollment { return showEnrollment(e, names[e.PersonID]) }
	return &enrollmentsOutput{Body: newPage(in.PageQuery, rows, func(e store.Enrollment) int64 { return e.ID }, show)}, nil
}

// EnrollmentPath is embedded by inputs about one enrollment.
type EnrollmentPath struct {
	ID int64 `path:"id" minimum:"1"`
}

// EnrollmentView is an enrollment with everything that is known of it.
type EnrollmentView struct {
	Enrollment
	Due     *Clock          `json:"due,omitempty" doc:"due_at in the zone of the sender"`
	Why     Why             `json:"why" doc:"Why the contact has not been written to yet"`
	Mails   []StepMail      `json:"mails" nullable:"false" doc:"So far, by step"`
	Replies []ContactAnswer `json:"replies" nullable:"false" doc:"What came back, the first first"`
}

// Why says why a contact has not been written to yet.
type Why struct {
	Code     string     `json:"code" enum:"over,paused,out_of_office,stopped,task,start,delay,slot,hours,holiday,contact_hours,spread,quota_hour,quota_day,gap,cap_domain,cap_company,sender_paused,sender_deleted,bounces,sending,unknown,provider_away,late,replanned_stale,snoozed,horizon,overdue"`
	Text     string     `json:"text" doc:"The same for people, with instants in the zone of the sender"`
	At       *time.Time `json:"at,omitempty" doc:"When it goes on, or ended; missing: when somebody does something"`
	SenderID int64      `json:"sender_id" doc:"Whose mailbox it is about; of task: whose task it is"`
	By       string     `json:"by,omitempty" doc:"Who paused or stopped it: the user of the API key, or the key" example:"the API key CRM"`
}

// StepMail is a mail of a step and what became of it.
type StepMail struct {
	MessageID      int64      `json:"message_id"`
	Step           int        `json:"step"`
	State          string     `json:"state" enum:"sending,sent,failed,unknown,suppressed"`
	Reason         string     `json:"reason,omitempty"`
	ClaimedAt      time.Time  `json:"claimed_at" doc:"When it was about to be sent"`
	SentAt         *time.Time `json:"sent_at,omitempty"`
	DeliveredAt    *time.Time `json:"delivered_at,omitempty"`
	OpenedAt       *time.Time `json:"opened_at,omitempty"`
	ClickedAt      *time.Time `json:"clicked_at,omitempty"`
	BouncedAt      *time.Time `json:"bounced_at,omitempty"`
	UnsubscribedAt *time.Time `json:"unsubscribed_at,omitempty"`
}

// ContactAnswer is what came back from a contact.
type ContactAnswer struct {
	Kind  string    `json:"kind" enum:"reply,out_of_office,negative,unsubscribe,bounce,meeting,click"`
	At    time.Time `json:"at"`
	Until string    `json:"until,omitempty" doc:"Out of office: the first day back, if it was said" example:"2026-06-04"`
}

type enrollmentOutput struct{ Body EnrollmentView }

func (s *Server) getEnrollment(ctx context.Context, in *EnrollmentPath) (*enrollmentOutput, error) {
	e, err := s.store.Enrollment(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	names, err := s.store.Names(ctx, []int64{e.PersonID})
	if err != nil {
		return nil, err
	}
	why, err := s.store.Why(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	out := &enrollmentOutput{EnrollmentView{
		Enrollment: showEnrollment(e, names[e.PersonID]), Why: Why{why.Code, why.Text, why.At, why.Sender, why.By}, Mails: []StepMail{}, Replies: []ContactAnswer{},
	}}
	if e.DueAt != nil {
		zone, err := s.store.SenderZone(ctx, e.SenderID)
		if err != nil {
			return nil, err
		}
		loc, err := calendar.Zone(zone)
		if err != nil {
			return nil, err
		}
		out.Body.Due = clock(*e.DueAt, loc)
	}
	mails, err := s.store.StepMails(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range mails {
		out.Body.Mails = append(out.Body.Mails, StepMail{
			MessageID: m.ID, Step: m.Group, State: m.State, Reason: m.Reason, ClaimedAt: m.ClaimedAt, SentAt: m.SentAt, DeliveredAt: m.DeliveredAt,
			OpenedAt: m.OpenedAt, ClickedAt: m.ClickedAt, BouncedAt: m.BouncedAt, UnsubscribedAt: m.UnsubscribedAt,
		})
	}
	replies, err := s.store.StoredReplies(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range replies {
		a := ContactAnswer{Kind: r.Kind, At: r.At}
		if r.Until != nil {
			a.Until = r.Until.Format(time.DateOnly)
		}
		out.Body.Replies = append(out.Body.Replies, a)
	}
	return out, nil
}
