package activities

import (
	"cmp"
	"context"

	"github.com/google/uuid"

	"rondo/activities/fault"
	"rondo/activities/mail"
)

// forward sends answers on to the mailbox of whom they were meant for, from where an answer goes to the contact.
func (a *Activities) forward(ctx context.Context, enrollment int64) error {
	all, err := a.DB.ClaimForwards(ctx, enrollment, uuid.NewString())
	if err != nil {
		return err
	}
	for _, f := range all {
		r := a.Mail.Send(ctx, mail.Post{
			FromName: cmp.Or(f.FromName, f.FromEmail), ReplyTo: f.FromEmail,
			Message: mail.Message{Subject: cmp.Or(f.Subject, "An answer without a subject"), Text: cmp.Or(f.Text, "(The answer has no text.)")},
			To:      []mail.Addressee{{ID: f.Message, Email: f.Address}},
		})
		switch r.Outcome {
		case mail.Accepted:
			err = insist(ctx, func(ctx context.Context) error { return a.DB.Forwarded(ctx, f, r.ProviderID, "") })
		case mail.Later, mail.Doubtful:
			err = fault.Wrap(r.Err, fault.Unavailable, "forward_waits", "an answer has not been forwarded yet")
		default:
			err = insist(ctx, func(ctx context.Context) error { return a.DB.Forwarded(ctx, f, "", "refused") })
		}
		if err != nil {
			return err
		}
	}
	return nil
}
