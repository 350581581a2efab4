package api

import (
	"context"
	"net/http"

	"rondo/activities/store"
)

func (s *Server) addSequenceReport() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sequences/{id}/report", ID: "get-sequence-report", Tag: "sequences", Scope: Read,
		Summary: "Read what became of a sequence, step by step, and where its contacts are",
		Description: "Replies, meetings and unsubscriptions count for the last step that had been sent to the contact. Steps of the same number in different " +
			"editions are counted together. Shares are of the mails sent, 0 to 1.",
	}, s.sequenceReport)
}

// SequenceReport is what became of a sequence.
type SequenceReport struct {
	Contacts int            `json:"contacts"`
	Open     int            `json:"open" doc:"Not over"`
	States   map[string]int `json:"states" nullable:"false" doc:"How many contacts in each of the ten states"`
	Steps    []StepReport   `json:"steps" nullable:"false"`
	Total    StepCounts     `json:"total" doc:"Of all steps, and of what came back before the first was sent"`
}

// StepReport is what became of one step.
type StepReport struct {
	Step    int    `json:"step"`
	Kind    string `json:"kind" enum:"mail,task"`
	Subject string `json:"subject,omitempty" doc:"Liquid, of the latest edition in use"`
	StepCounts
}

// StepCounts are the figures of one step or of all.
type StepCounts struct {
	Planned      int `json:"planned" doc:"Mails with a slot to come"`
	Sending      int `json:"sending" doc:"Being handed to the provider"`
	Sent         int `json:"sent" doc:"Accepted by the provider"`
	InDoubt      int `json:"in_doubt" doc:"The provider did not say whether it took them"`
	Failed       int `json:"failed"`
	Delivered    int `json:"delivered"`
	Opened       int `json:"opened"`
	Clicked      int `json:"clicked"`
	Bounced      int `json:"bounced"`
	Replied      int `json:"replied"`
	Meetings     int `json:"meetings"`
	Unsubscribed int `json:"unsubscribed" doc:"By link, by mail or by a spam report"`
	TasksOpen    int `json:"tasks_open"`
	TasksDone    int `json:"tasks_done"`
	TasksSkipped int `json:"tasks_skipped"`

	DeliveredShare    float64 `json:"delivered_share"`
	OpenedShare       float64 `json:"opened_share"`
	ClickedShare      float64 `json:"clicked_share"`
	BouncedShare      float64 `json:"bounced_share"`
	RepliedShare      float64 `json:"replied_share" doc:"Of all steps: of the contacts whose first mail went"`
	UnsubscribedShare float64 `json:"unsubscribed_share" doc:"Of all steps: of the contacts whose first mail went"`
}

type (
	sequenceReportInput struct {
		SequencePath
		Batch int64 `query:"batch" minimum:"1" doc:"Only this batch of the sequence"`
	}
	sequenceReportOutput struct{ Body SequenceReport }
)

func (s *Server) sequenceReport(ctx context.Context, in *sequenceReportInput) (*sequenceReportOutput, error) {
	r, err := s.store.SequenceReport(ctx, in.ID, in.Batch)
	if err != nil {
		return nil, err
	}
	out := &sequenceReportOutput{SequenceReport{Contacts: r.Contacts, Open: r.Open, States: map[string]int{}, Steps: make([]StepReport, len(r.Steps))}}
	for _, state := range store.States {
		out.Body.States[string(state)] = r.States[state]
	}
	all := store.StepReport{Responses: r.Early}
	for i, step := range r.Steps {
		all.Add(step)
		out.Body.Steps[i] = StepReport{Step: step.Step, Kind: step.Kind, Subject: step.Subject, StepCounts: showCounts(step, step.Sent)}
	}
	out.Body.Total = showCounts(all, r.Written)
	return out, nil
}

// showCounts gives the shares of responses among those written to.
func showCounts(r store.StepReport, written int) StepCounts {
	return StepCounts{
		Planned: r.Planned, Sending: r.Sending, Sent: r.Sent, InDoubt: r.InDoubt, Failed: r.Failed, Delivered: r.Delivered, Opened: r.Opened,
		Clicked: r.Clicked, Bounced: r.Bounced, Replied: r.Replied, Meetings: r.Meetings, Unsubscribed: r.Unsubscribed,
		TasksOpen: r.TasksOpen, TasksDone: r.TasksDone, TasksSkipped: r.TasksSkipped,
		DeliveredShare: share(r.Delivered, r.Sent), OpenedShare: share(r.Opened, r.Sent), ClickedShare: share(r.Clicked, r.Sent),
		BouncedShare: share(r.Bounced, r.Sent), RepliedShare: share(r.Replied, written), UnsubscribedShare: share(r.Unsubscribed, written),
	}
}
