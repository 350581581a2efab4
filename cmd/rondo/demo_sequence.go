package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	api "rondo/api/client"
)

const (
	demoSequence = "Meet the makers"
	demoContacts = 25
)

// outreach plays a sequence: two senders write to 25 contacts, three mails a minute apart where a real one takes days. One
// contact answers, one is out of office, one address bounces.
func (d *demo) outreach(ctx context.Context) error {
	if err := d.prospects(ctx); err != nil {
		return err
	}
	senders, err := d.mailboxes(ctx)
	if err != nil {
		return err
	}
	sequence, err := d.sequence(ctx)
	if err != nil {
		return err
	}
	if err := d.engage(ctx, sequence, senders); err != nil {
		return err
	}
	return d.follow(ctx, sequence)
}

// prospects imports the contacts; the address of the last one bounces.
func (d *demo) prospects(ctx context.Context) error {
	var csv strings.Builder
	csv.WriteString("email,name,company\n")
	for i := range demoContacts {
		name := fmt.Sprintf("prospect%d", i+1)
		if i == demoContacts-1 {
			name = "bounce"
		}
		fmt.Fprintf(&csv, "%s@prospects.example,Prospect %d,Company %d\n", name, i+1, i/2+1)
	}
	imported, err := d.api.ImportPeopleWithBodyWithResponse(ctx, nil, "text/csv", strings.NewReader(csv.String()))
	if err := api.Check(imported, err); err != nil {
		return fmt.Errorf("import the contacts: %w", err)
	}
	return nil
}

// mailboxes gives two users mailboxes that may send at any hour.
func (d *demo) mailboxes(ctx context.Context) ([]int64, error) {
	list, err := d.api.ListUsersWithResponse(ctx, nil)
	if err := api.Check(list, err); err != nil {
		return nil, err
	}
	var senders []int64
	for _, name := range []string{"Ada", "Grace"} {
		email := strings.ToLower(name) + "@rondo.example"
		at := slices.IndexFunc(list.JSON200.Items, func(u api.User) bool { return u.Email == email })
		if at >= 0 {
			senders = append(senders, list.JSON200.Items[at].ID)
			continue
		}
		user, err := d.api.CreateUserWithResponse(ctx, nil, api.CreateUserInputBody{Email: email, Name: &name})
		if err := api.Check(user, err); err != nil {
			return nil, fmt.Errorf("create a user: %w", err)
		}
		from, to, hourly, daily := int64(0), int64(24), int64(900), int64(2000)
		box, err := d.api.PutSenderWithResponse(ctx, user.JSON201.ID, nil, api.SenderFields{
			Name: &name, Days: []int32{0, 1, 2, 3, 4, 5, 6}, FromHour: &from, ToHour: &to, PerHour: &hourly, PerDay: &daily,
		})
		if err := api.Check(box, err); err != nil {
			return nil, fmt.Errorf("give %s a mailbox: %w", name, err)
		}
		senders = append(senders, user.JSON201.ID)
	}
	return senders, nil
}

func (d *demo) sequence(ctx context.Context) (int64, error) {
	list, err := d.api.ListSequencesWithResponse(ctx, nil)
	if err := api.Check(list, err); err != nil {
		return 0, err
	}
	for _, s := range list.JSON200.Items {
		if s.Name == demoSequence {
			return s.ID, nil
		}
	}
	name, minute, yes, no := demoSequence, int64(1), true, false
	first, second, third := "Hello {{ person.name }}, would {{ person.company | default: 'you' }} like to meet the makers? {{ sender.name }}",
		"Did you see my mail? {{ sender.name }}", "This is my last mail about it. {{ sender.name }}"
	subject := "An invitation for {{ person.company | default: 'you' }}"
	made, err := d.api.CreateSequenceWithResponse(ctx, nil, api.SequenceFields{Name: &name, Safeguards: &no, Steps: []api.Step{
		{Kind: "mail", Subject: &subject, Text: first},
		{Kind: "mail", Text: second, Thread: &yes, DelayMinutes: &minute},
		{Kind: "mail", Text: third, Thread: &yes, DelayMinutes: &minute},
	}})
	if err := api.Check(made, err); err != nil {
		return 0, fmt.Errorf("create the sequence: %w", err)
	}
	d.say("sequence %q created: three mails, a minute apart", demoSequence)
	return made.JSON201.ID, nil
}

// engage adds the contacts, shared evenly between the senders, to start at once.
func (d *demo) engage(ctx context.Context, sequence int64, senders []int64) error {
	filter := `email contains "@prospects.example"`
	made, err := d.api.CreateBatchWithResponse(ctx, sequence, nil, api.CreateBatchInputBody{Filter: &filter})
	if err := api.Check(made, err); err != nil {
		return fmt.Errorf("add contacts to the sequence: %w", err)
	}
	batch := made.JSON201.ID
	selected, start, tag := api.UpdateBatchInputBodySenders("selected"), api.UpdateBatchInputBodyStart("at_once"), made.HTTPResponse.Header.Get("ETag")
	edited, err := d.api.UpdateBatchWithResponse(ctx, batch, &api.UpdateBatchParams{IfMatch: &tag},
		api.UpdateBatchInputBody{Senders: &selected, SenderIds: senders, Start: &start})
	if err := api.Check(edited, err); err != nil {
		return fmt.Errorf("choose senders: %w", err)
	}
	summary, err := d.api.GetBatchSummaryWithResponse(ctx, batch)
	if err := api.Check(summary, err); err != nil {
		return fmt.Errorf("preview the batch: %w", err)
	}
	plan := summary.JSON200
	if plan.Contacts == 0 {
		d.say("everybody is in the sequence already, or cannot be written to")
		return nil
	}
	tag = edited.HTTPResponse.Header.Get("ETag")
	engaged, err := d.api.EngageBatchWithResponse(ctx, batch, &api.EngageBatchParams{IfMatch: &tag}, api.EngageInputBody{AsOf: plan.AsOf, Digest: plan.Digest})
	if err := api.Check(engaged, err); err != nil {
		return fmt.Errorf("engage the batch: %w", err)
	}
	d.say("%d contacts engaged, %d mails have their slots, the last at %s UTC", engaged.JSON200.Engaged, engaged.JSON200.Mails, plan.Ends.UTC().Format(time.TimeOnly))
	return nil
}

// follow lets one contact answer and another one's mailbox say that they are away, and tells how it goes until all mails are sent.
func (d *demo) follow(ctx context.Context, sequence int64) error {
	answers := map[string]map[string]any{
		"prospect1@": {"text": "Gladly! When would suit you?"},
		"prospect2@": {"text": "I am out of the office until further notice.", "headers": map[string]string{"Auto-Submitted": "auto-replied"}},
	}
	last := ""
	for {
		if err := d.answer(ctx, answers); err != nil {
			return err
		}
		res, err := d.api.GetSequenceReportWithResponse(ctx, sequence, nil)
		if err := api.Check(res, err); err != nil {
			return err
		}
		r := res.JSON200
		words := make([]string, 0, len(r.States))
		busy := int64(0)
		for _, state := range []string{"added", "active", "paused", "stopped", "replied", "bounced", "error"} {
			if n := r.States[state]; n > 0 {
				words = append(words, fmt.Sprintf("%d %s", n, state))
			}
		}
		busy = r.States["added"] + r.States["active"]
		if now := strings.Join(words, ", "); now != last {
			last = now
			d.say("sequence: %d mails sent; %s", r.Total.Sent, now)
		}
		if busy == 0 {
			d.say("the sequence is through: its report is at %s/v1/sequences/%d/report", d.URL, sequence)
			return nil
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// answer replies to the first mail that somebody got, as they would from their own mailbox.
func (d *demo) answer(ctx context.Context, answers map[string]map[string]any) error {
	for who, reply := range answers {
		var list struct {
			Messages []demoMail `json:"messages"`
		}
		if err := d.members.get(ctx, "/api/messages?to="+who+"prospects.example", &list); err != nil {
			return err
		}
		if len(list.Messages) == 0 {
			continue
		}
		body, err := json.Marshal(reply)
		if err != nil {
			return err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost,
			d.Inbox+"/api/messages/"+strconv.Itoa(list.Messages[0].ID)+"/reply", bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/json")
		if err := do(r, nil); err != nil {
			return errors.Join(errors.New("answer a mail"), err)
		}
		delete(answers, who)
		d.say("%sprospects.example answers: %s", who, reply["text"])
	}
	return nil
}
