package main

import (
	"context"
	"fmt"
	"time"

	api "rondo/api/client"
)

const demoEvent = "Rondo fair"

// demoGuests can meet each other in two windows of a browser.
var demoGuests = []string{"ada@members.example", "ben@members.example"}

// networking opens a networking session for the next two hours, with meetings of a minute, prints the join links of two guests
// and sends them by mail. Repeated on the same data, it goes on with the session that still runs.
func (d *demo) networking(ctx context.Context) error {
	session, err := d.session(ctx)
	if err != nil {
		return err
	}
	invited, err := d.api.InviteSessionWithResponse(ctx, session, nil)
	if err := api.Check(invited, err); err != nil {
		return fmt.Errorf("send the join links: %w", err)
	}
	d.say("networking session %d is open for two hours, meetings last a minute. Open these two links, which their mails have too, in two windows:", session)
	limit := int64(len(demoGuests))
	links, err := d.api.ListJoinLinksWithResponse(ctx, session, &api.ListJoinLinksParams{Limit: &limit})
	if err := api.Check(links, err); err != nil {
		return fmt.Errorf("read the join links: %w", err)
	}
	for _, link := range links.JSON200.Items {
		d.say("  %-14s %s", link.Name, link.URL)
	}
	return nil
}

// session finds the demo's session if it runs, or creates one.
func (d *demo) session(ctx context.Context) (int64, error) {
	list, err := d.api.ListSessionsWithResponse(ctx, nil)
	if err := api.Check(list, err); err != nil {
		return 0, err
	}
	for _, s := range list.JSON200.Items {
		if s.Name == demoEvent && s.Phase == "open" {
			return s.ID, nil
		}
	}
	now := time.Now().UTC()
	event, err := d.api.CreateEventWithResponse(ctx, nil, api.CreateLiveEventInputBody{
		Name: demoEvent, Timezone: "UTC", FirstDay: now.Format(time.DateOnly), LastDay: now.Add(24 * time.Hour).Format(time.DateOnly),
	})
	if err := api.Check(event, err); err != nil {
		return 0, fmt.Errorf("create an event: %w", err)
	}
	kind, err := d.api.CreateTicketTypeWithResponse(ctx, event.JSON201.ID, nil, api.CreateTicketTypeInputBody{Name: "Guest"})
	if err := api.Check(kind, err); err != nil {
		return 0, fmt.Errorf("create a ticket type: %w", err)
	}
	var tickets []api.TicketLine
	for _, email := range demoGuests {
		tickets = append(tickets, api.TicketLine{Email: &email, Type: "Guest"})
	}
	registered, err := d.api.RegisterTicketsWithResponse(ctx, event.JSON201.ID, nil, api.RegisterTicketsInputBody{Tickets: tickets})
	if err := api.Check(registered, err); err != nil {
		return 0, fmt.Errorf("register tickets: %w", err)
	}
	seconds := int64(60)
	made, err := d.api.CreateSessionWithResponse(ctx, event.JSON201.ID, nil, api.CreateSessionInputBody{
		Name: demoEvent, Starts: "now", Ends: now.Add(2 * time.Hour).Format("2006-01-02T15:04:05"), MeetingSeconds: &seconds,
		VisibleAttributes: []string{"team", "office"},
	})
	if err := api.Check(made, err); err != nil {
		return 0, fmt.Errorf("create a networking session: %w", err)
	}
	return made.JSON201.ID, nil
}
