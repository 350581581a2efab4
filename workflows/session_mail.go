package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// sessionMail is what a session sends beside keeping its doors: one mailing at a time.
type sessionMail struct {
	sending workflow.Future // nil: none
	stuck   moment          // a mailing that trying again cannot help: until when it is left alone, and why
}

// owed is the mailing to be sent now, if there is one.
func (m *sessionMail) owed(p SessionPlan, now time.Time) Purpose {
	switch {
	case p.Invites:
		return JoinMail
	case p.Met:
		return MetMail
	case !p.DoubtAt.IsZero() && !now.Before(p.DoubtAt):
		return p.Doubtful
	default:
		return ""
	}
}

// pending reports whether mails keep the workflow from ending.
func (m *sessionMail) pending(p SessionPlan) bool {
	return m.sending != nil || p.Invites || p.Met || !p.DoubtAt.IsZero()
}

// next is when something is to be sent that is not sent now.
func (m *sessionMail) next(p SessionPlan) moment {
	switch {
	case m.sending != nil:
		return moment{}
	case m.stuck.what != "":
		return moment{m.stuck.at, "stuck: try again"}
	default:
		return moment{p.DoubtAt, "messages in doubt are decided"}
	}
}

// send starts the mailing that is owed, unless one is under way.
func (s *session) send(ctx workflow.Context) {
	now := workflow.Now(ctx)
	purpose := s.mail.owed(s.plan, now)
	if s.mail.sending != nil || purpose == "" || now.Before(s.mail.stuck.at) {
		return
	}
	s.mail.stuck = moment{}
	s.mail.sending = Deliver.start(ctx, DeliverInput{Session: s.ref.ID, Purpose: purpose}, "send "+string(purpose))
}

// sent hears how a mailing ended. A provider that refuses it must not keep the doors shut.
func (s *session) sent(ctx workflow.Context, f workflow.Future) error {
	s.mail.sending = nil
	err := f.Get(ctx, nil)
	if permanent(err) {
		s.mail.stuck = moment{workflow.Now(ctx).Add(time.Hour), reason(err)}
		return nil
	}
	return err
}
