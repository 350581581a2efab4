// Package activities does what the workflows ask for: each method is one reference of package workflows. Workflows decide
// when, activities decide what, from the rows and the clock of Postgres.
package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"rondo/activities/bell"
	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/activities/video"
)

// Activities is what the methods work with. It holds no state of its own and is safe for concurrent use.
type Activities struct {
	DB   *store.DB
	Bell *bell.Bell
	// Mail and Links are what Deliver sends with.
	Mail  *mail.SendGrid
	Links *mail.Links
	// Video is where meetings take place.
	Video *video.LiveKit
	// Hub wakes lobbies.
	Hub *store.Hub
	// Temporal tells ReconcileRows which workflows run.
	Temporal client.Client
	// InboundDomain is where answers to sequences arrive: its mails go to SendGrid's Inbound Parse. "": answers go to the
	// senders' own mailboxes, and only integrations can report them.
	InboundDomain string
	// UnknownAfter is how long a message of unknown fate waits for evidence before it is sent once more.
	UnknownAfter time.Duration
}

// ring rings what a transaction marked. What fails stays marked, and ReconcileRows rings it again.
func (a *Activities) ring(ctx context.Context, rings []store.Ring) {
	if err := a.Bell.All(ctx, rings); err != nil {
		activity.GetLogger(ctx).Warn("the bell is out of order; reconcile rings again", "error", err)
	}
}
