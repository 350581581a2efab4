package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"golang.org/x/sync/errgroup"

	"rondo/activities/bell"
	"rondo/activities/fault"
	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/workflows"
)

// TakeStep forwards what the contact answered, then does what the enrollment has due. A mail is claimed, which commits it
// to the ledger, then posted once, then what became of it is written down together with the slot of the next step. Whatever
// is killed in between leaves a doubt that the next attempt finds.
func (a *Activities) TakeStep(ctx context.Context, in workflows.Ref) (workflows.Turn, error) {
	defer heartbeat(ctx)()
	if err := a.forward(ctx, in.ID); err != nil {
		return workflows.Turn{}, err
	}
	t, err := a.DB.TakeStep(ctx, in.ID, uuid.NewString(), a.UnknownAfter)
	if err != nil {
		return workflows.Turn{}, err
	}
	if t.Mail == nil { // an answer that came since the first look has ended or paused it, and its mark is cleared
		return turnOf(t.Enrollment), a.forward(ctx, in.ID)
	}
	c := *t.Mail
	post, err := a.write(c)
	if err != nil {
		e, failed := a.DB.StepFailed(ctx, c, "text_not_rendered")
		activity.GetLogger(ctx).Warn("a step's text cannot be rendered", "enrollment", in.ID, "step", c.Step.No)
		return turnOf(e), failed
	}
	r := a.Mail.Send(ctx, post)
	var e store.Enrollment
	err = insist(ctx, func(ctx context.Context) error {
		e, err = a.settleStep(ctx, c, r)
		return err
	})
	return turnOf(e), err
}

// settleStep writes down what an answer says.
func (a *Activities) settleStep(ctx context.Context, c store.StepCall, r mail.Result) (store.Enrollment, error) {
	switch r.Outcome {
	case mail.Accepted:
		return a.DB.StepSent(ctx, c, r.ProviderID)
	case mail.Doubtful:
		return a.DB.StepUnknown(ctx, c, a.UnknownAfter)
	case mail.Later:
		return a.DB.StepLater(ctx, c, r.Wait)
	case mail.TooLarge:
		return a.DB.StepFailed(ctx, c, "too_large")
	default:
		return a.DB.StepFailed(ctx, c, "refused")
	}
}

// write renders a step's mail. One that answers the mail before it carries its subject and points at it.
func (a *Activities) write(c store.StepCall) (mail.Post, error) {
	step := mail.Step{
		Text:       mail.Text(c.Text),
		SenderName: c.Sender.Name, SenderEmail: c.Sender.Address, Zone: c.Sender.Timezone,
	}
	if c.Step.Thread {
		step.Answers = c.Subject
	}
	m, unsubscribe, err := step.Write(a.Links, &mail.Reader{
		Person: mail.NewPerson(c.Person.ID, c.Person.Email, c.Person.Name, c.Person.Timezone, c.Person.Attributes),
	})
	if err != nil {
		return mail.Post{}, err
	}
	p := mail.Post{
		From: c.Sender.Address, FromName: c.Sender.Name, Message: m, Clicks: true,
		To:      []mail.Addressee{{ID: c.Message, Email: c.Person.Email, Name: c.Person.Name, Unsubscribe: unsubscribe}},
		Headers: map[string]string{"Message-ID": a.messageID(c, c.Step.No)},
	}
	if a.InboundDomain != "" {
		p.ReplyTo = a.Links.ReplyAddress(c.Enrollment.ID, a.InboundDomain)
	}
	if c.Step.Thread && len(c.Previous) > 0 {
		ids := make([]string, len(c.Previous))
		for i, no := range c.Previous {
			ids[i] = a.messageID(c, no)
		}
		p.Headers["In-Reply-To"] = ids[len(ids)-1]
		p.Headers["References"] = strings.Join(ids, " ")
	}
	return p, nil
}

// messageID is that of a step's mail: the same whoever asks, and it names nobody.
func (a *Activities) messageID(c store.StepCall, step int) string {
	_, domain, _ := strings.Cut(c.Sender.Address, "@")
	return fmt.Sprintf("<%d.%s@%s>", step, a.Links.ReplyToken(c.Enrollment.ID), cmp.Or(a.InboundDomain, domain))
}

// turnOf says what a workflow waits for.
func turnOf(e store.Enrollment) workflows.Turn {
	t := workflows.Turn{Over: e.EndedAt != nil, State: string(e.State), Step: e.Step}
	due := e.DueAt
	if e.State == store.StatePaused {
		due = e.ResumeAt
	}
	if due != nil && !t.Over {
		t.DueAt = due.UTC()
	}
	return t
}

// startsAtATime is how many workflows one StartContacts starts side by side; pages are what it asks Postgres for.
const (
	startsAtATime = 32
	startsAPage   = 500
)

// StartContacts starts the contacts of a batch, each to wait for its first step. The same run started before is done; a
// run of an enrollment that is over is told to end and tried again with the next attempt. The next page is read while the last
// ones of a page start.
func (a *Activities) StartContacts(ctx context.Context, in workflows.Ref) (workflows.Started, error) {
	defer heartbeat(ctx)()
	var busy atomic.Int64
	g, working := errgroup.WithContext(ctx)
	g.SetLimit(startsAtATime)
	read := func() error {
		for after := int64(0); ; {
			page, err := a.DB.UnstartedOf(working, in.ID, after, startsAPage)
			if err != nil || len(page) == 0 {
				return err
			}
			a.startPage(working, g, page, &busy)
			after = page[len(page)-1].ID
		}
	}
	err := read()
	if err := cmp.Or(g.Wait(), err); err != nil {
		return workflows.Started{}, err
	}
	if n := busy.Load(); n > 0 {
		return workflows.Started{}, fault.New(fault.Unavailable, "contacts_busy", "%d contacts have a run that is ending", n)
	}
	n, err := a.DB.FinishEngaging(ctx, in.ID)
	return workflows.Started{Started: n}, err
}

// startPage starts a page of contacts, and returns when the last of them has its turn. The one that ends last marks those of the
// page that were started, also where another could not be.
func (a *Activities) startPage(ctx context.Context, g *errgroup.Group, page []store.Unstarted, busy *atomic.Int64) {
	var mu sync.Mutex
	left, started := len(page), make([]int64, 0, len(page))
	for _, u := range page {
		g.Go(func() error {
			ok, err := a.startOne(ctx, u)
			mu.Lock()
			defer mu.Unlock()
			if ok {
				started = append(started, u.ID)
			} else {
				busy.Add(1)
			}
			if left--; left > 0 {
				return err
			}
			return errors.Join(err, insist(ctx, func(ctx context.Context) error { return a.DB.MarkStarted(ctx, started) }))
		})
	}
}

func (a *Activities) startOne(ctx context.Context, u store.Unstarted) (bool, error) {
	o := bell.ContactOptions(u.PersonID, u.ID, u.SequenceID)
	o.StartDelay = max(0, time.Until(u.DueAt))
	_, err := a.Temporal.ExecuteWorkflow(ctx, o, workflows.ContactWorkflow, workflows.Enrolled{ID: u.ID, DueAt: u.DueAt.UTC()})
	var already *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &already) {
		return a.ownRun(ctx, store.Ring{Person: u.PersonID, Enrollment: u.ID, Sequence: u.SequenceID})
	}
	if err != nil {
		return false, fmt.Errorf("start the contact of enrollment %d: %w", u.ID, err)
	}
	return true, nil
}

// ownRun reports whether the open run of a person is that of the enrollment. Another one is rung, so that it sees that it is over.
func (a *Activities) ownRun(ctx context.Context, r store.Ring) (bool, error) {
	own, err := a.runs(ctx, r)
	if err != nil || own {
		return own, err
	}
	return false, a.Bell.All(ctx, []store.Ring{r})
}
