package main

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	api "rondo/api/client"
)

// demoCommand shows a round from the import to the match mails, a sequence beside it and an open networking session, on a stack with the SendGrid simulator: it uses the API as
// an admin would, and plays the members, who read their mail and answer on their pages.
type demoCommand struct {
	URL    string        `name:"public-url" env:"RONDO_PUBLIC_URL" required:"" help:"Where the API is."`
	Key    string        `name:"api-key" env:"RONDO_API_KEY" required:"" help:"An admin key."`
	Inbox  string        `name:"inbox" env:"RONDO_SENDGRID_URL" required:"" help:"The SendGrid simulator, whose inbox the members read."`
	Length time.Duration `default:"2m" help:"From the opt-in mails to the match mails."`
}

//go:embed demo.csv
var demoMembers string

const demoProgram = "Coffee across teams"

// Run plays one round and one sequence, and opens a networking session. Repeated on the same data, it plays the next round of the same program: nobody meets again.
func (d demoCommand) Run(ctx context.Context) error {
	c, err := api.New(d.URL, d.Key)
	if err != nil {
		return err
	}
	s := demo{demoCommand: d, api: c, members: newDemoMembers(d.Inbox)}
	if err := s.events(ctx); err != nil {
		return err
	}
	imported, err := c.ImportPeopleWithBodyWithResponse(ctx, nil, "text/csv", strings.NewReader(demoMembers))
	if err := api.Check(imported, err); err != nil {
		return fmt.Errorf("import the members: %w", err)
	}
	s.say("members imported from a CSV file: %d lines", strings.Count(demoMembers, "\n")-1)
	if err := s.members.skip(ctx); err != nil {
		return err
	}
	if err := s.networking(ctx); err != nil {
		return err
	}
	program, err := s.program(ctx)
	if err != nil {
		return err
	}
	round, err := s.schedule(ctx, program)
	if err != nil {
		return err
	}
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return s.play(ctx, round) })
	both.Go(func() error { return s.outreach(ctx) })
	return both.Wait()
}

type demo struct {
	demoCommand
	api     *api.ClientWithResponses
	members *demoCrowd
}

func (d *demo) say(format string, args ...any) { fmt.Printf("demo: "+format+"\n", args...) }

// events lets the simulator tell Rondo what became of the mails.
func (d *demo) events(ctx context.Context) error {
	return d.members.settings(ctx, map[string]any{
		"event_webhook_url": d.URL + "/webhooks/sendgrid/events", "inbound_webhook_url": d.URL + "/webhooks/sendgrid/inbound",
	})
}

// program finds the demo's program or creates it.
func (d *demo) program(ctx context.Context) (int64, error) {
	list, err := d.api.ListProgramsWithResponse(ctx, nil)
	if err := api.Check(list, err); err != nil {
		return 0, err
	}
	for _, p := range list.JSON200.Items {
		if p.Name == demoProgram {
			return p.ID, nil
		}
	}
	name, audience, team := demoProgram, `email contains "@members.example"`, "team"
	made, err := d.api.CreateProgramWithResponse(ctx, nil, api.ProgramFields{
		Name: &name, SenderName: &name, Audience: &audience, VisibleAttributes: []string{"team", "office"},
		Rules: []api.Rule{{Kind: api.RuleKindNoRepeat}, {Kind: api.RuleKindDifferent, Attribute: &team}, {Kind: api.RuleKindWishes}},
	})
	if err := api.Check(made, err); err != nil {
		return 0, fmt.Errorf("create the program: %w", err)
	}
	d.say("program %q created: pairs, no repeats, different teams", demoProgram)
	return made.JSON201.ID, nil
}

// schedule opens a round now, with its match after the demo's length, and waits for its row.
func (d *demo) schedule(ctx context.Context, program int64) (int64, error) {
	now, match := "now", time.Now().UTC().Add(d.Length).Format("2006-01-02T15:04:05")
	made, err := d.api.CreateScheduleWithResponse(ctx, program, nil, api.ScheduleFields{OptIn: &now, Match: &match, Timezone: "UTC"})
	if err := api.Check(made, err); err != nil {
		return 0, fmt.Errorf("schedule the round: %w", err)
	}
	for {
		list, err := d.api.ListRoundsWithResponse(ctx, &api.ListRoundsParams{Program: &program})
		if err := api.Check(list, err); err != nil {
			return 0, err
		}
		for _, card := range list.JSON200.Items {
			if card.ScheduleID == made.JSON201.ID && card.RoundID != nil {
				d.say("round %d opens now, its matches go out at %s UTC", *card.RoundID, match[11:])
				return *card.RoundID, nil
			}
		}
		if err := pause(ctx); err != nil {
			return 0, err
		}
	}
}

// play lets members answer until the matches are out, and tells what happens.
func (d *demo) play(ctx context.Context, round int64) error {
	phase := ""
	for {
		res, err := d.api.GetRoundWithResponse(ctx, round)
		if err := api.Check(res, err); err != nil {
			return err
		}
		r := res.JSON200
		if now := string(r.Phase); now != phase {
			phase = now
			d.say("round %d is %s", round, phase)
		}
		switch phase {
		case "open":
			answered, err := d.members.answerSome(ctx, round)
			if err != nil {
				return err
			}
			if answered {
				d.say("%d opt-in mails, %d delivered, %d bounced; %d yes, %d no, %d silent", r.Sent, r.Delivered, r.Bounced, r.OptedIn, r.Declined, r.Unanswered)
			}
		case "sent", "closed":
			d.say("%d groups have been told whom they meet: read the mails at %s, the round at %s/v1/rounds/%d", r.Groups, d.Inbox, d.URL, round)
			return nil
		case "skipped", "cancelled":
			return fmt.Errorf("the demo's round was %s", phase)
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// pause is as long as a member thinks.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Second + time.Duration(rand.IntN(1500))*time.Millisecond): //nolint:gosec // members are not secrets
		return nil
	}
}
