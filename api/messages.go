package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/store"
)

func (s *Server) addMessages() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/messages", ID: "list-messages", Tag: "messages", Scope: Read,
		Summary: "List messages: what was sent to whom, and what became of it",
		Description: "`state=unknown` lists the messages in doubt: they were handed to the provider and no answer came back. " +
			"They become `sent` when the provider reports anything about them. Those with `unknown_at` are sent once more after the " +
			"configured time without a report; those without are not.",
	}, s.listMessages)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/messages/{id}", ID: "get-message", Tag: "messages", Scope: Read,
		Summary: "Read a message",
	}, s.getMessage)
}

// Message is one message to one person.
type Message struct {
	ID             int64      `json:"id"`
	Purpose        string     `json:"purpose" enum:"opt_in,reminder,match,no_match,check_in,join,met,test,step,forward"`
	RoundID        int64      `json:"round_id,omitempty" doc:"Of the mails of a round"`
	SessionID      int64      `json:"session_id,omitempty" doc:"Of the mails of a networking session"`
	EnrollmentID   int64      `json:"enrollment_id,omitempty" doc:"Of a step"`
	Step           int        `json:"step,omitempty" doc:"Of a step: which"`
	PersonID       int64      `json:"person_id"`
	Group          int        `json:"group,omitempty" doc:"Of a match or check-in: the group it is about"`
	State          string     `json:"state" enum:"sending,sent,failed,unknown,suppressed"`
	Reason         string     `json:"reason,omitempty" doc:"Why failed or suppressed, or why a doubt is left open"`
	Resends        int        `json:"resends" doc:"How often it was sent again after a doubt"`
	ProviderID     string     `json:"provider_id,omitempty" doc:"X-Message-Id of the provider"`
	ClaimedAt      time.Time  `json:"claimed_at" doc:"When it was last about to be sent"`
	SentAt         *time.Time `json:"sent_at,omitempty"`
	UnknownAt      *time.Time `json:"unknown_at,omitempty"`
	ProcessedAt    *time.Time `json:"processed_at,omitempty"`
	DeliveredAt    *time.Time `json:"delivered_at,omitempty"`
	DeferredAt     *time.Time `json:"deferred_at,omitempty"`
	BouncedAt      *time.Time `json:"bounced_at,omitempty"`
	DroppedAt      *time.Time `json:"dropped_at,omitempty"`
	OpenedAt       *time.Time `json:"opened_at,omitempty"`
	ClickedAt      *time.Time `json:"clicked_at,omitempty"`
	SpamAt         *time.Time `json:"spam_at,omitempty"`
	UnsubscribedAt *time.Time `json:"unsubscribed_at,omitempty"`
}

func showMessage(m store.Message) Message {
	out := Message{
		ID: m.ID, Purpose: m.Purpose, PersonID: m.PersonID, State: m.State, Reason: m.Reason, Resends: m.Resends,
		ClaimedAt: m.ClaimedAt, SentAt: m.SentAt, UnknownAt: m.UnknownAt, ProcessedAt: m.ProcessedAt, DeliveredAt: m.DeliveredAt,
		DeferredAt: m.DeferredAt, BouncedAt: m.BouncedAt, DroppedAt: m.DroppedAt, OpenedAt: m.OpenedAt, ClickedAt: m.ClickedAt,
		SpamAt: m.SpamAt, UnsubscribedAt: m.UnsubscribedAt,
	}
	switch m.Purpose {
	case "test", "forward":
	case "join", "met":
		out.SessionID = m.SubjectID
	case "step":
		out.EnrollmentID, out.Step = m.SubjectID, m.Group
	default:
		out.RoundID, out.Group = m.SubjectID, m.Group
	}
	if m.ProviderID != nil {
		out.ProviderID = *m.ProviderID
	}
	return out
}

type listMessagesInput struct {
	PageQuery
	State   string `query:"state" enum:"sending,sent,failed,unknown,suppressed"`
	Purpose string `query:"purpose" enum:"opt_in,reminder,match,no_match,check_in,join,met,test,step,forward"`
	Round   int64  `query:"round" minimum:"1"`
	Session int64  `query:"session" minimum:"1" doc:"A networking session"`
	Person  int64  `query:"person" minimum:"1"`
}

type messagesOutput struct{ Body Page[Message] }

func (s *Server) listMessages(ctx context.Context, in *listMessagesInput) (*messagesOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Messages(ctx, store.MessageFilter{State: in.State, Purpose: in.Purpose, Round: in.Round, Session: in.Session, Person: in.Person}, p)
	if err != nil {
		return nil, err
	}
	return &messagesOutput{newPage(in.PageQuery, rows, func(m store.Message) int64 { return m.ID }, showMessage)}, nil
}

type messageOutput struct{ Body Message }

func (s *Server) getMessage(ctx context.Context, in *struct {
	ID int64 `path:"id" minimum:"1"`
},
) (*messageOutput, error) {
	m, err := s.store.Message(ctx, in.ID)
	return &messageOutput{showMessage(m)}, err
}
