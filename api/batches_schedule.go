package api

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"rondo/activities/calendar"
	"rondo/activities/mail"
	"rondo/activities/store"
)

func (s *Server) addBatchSchedule() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/batches/{id}/schedule", ID: "get-batch-schedule", Tag: "batches", Scope: Read,
		Summary: "See every mail of every step with its slot before anything is engaged",
		Description: "Per sender and day as a histogram, and mail by mail. Nothing is reserved. A mail later than 6 months ahead is 422 `beyond_horizon`, which names " +
			"it and says how many contacts fit. Engage with this `as_of` and `digest` to get just this schedule. Manual tasks count as done on the day they turn up.",
	}, s.getBatchSchedule)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/batches/{id}/summary", ID: "get-batch-summary", Tag: "batches", Scope: Read,
		Summary: "See what engaging would do: contacts per sender, start, refused counts",
	}, s.getBatchSummary)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/batches/{id}/engage", ID: "engage-batch", Tag: "batches", Scope: Send, Idempotent: true,
		Summary: "Engage everybody who is not refused",
		Description: "All slots of all steps are reserved, senders become owners, and the contacts start: all of it, or nothing. What happens is what the " +
			"schedule showed. If slots or people have changed meanwhile it is 409 `schedule_changed`; `accept_changes` engages all the same, and the answer says " +
			"so in `changed`.",
	}, s.engageBatch)
}

// ScheduledMail is one mail and its slot.
type ScheduledMail struct {
	PersonID int64  `json:"person_id"`
	SenderID int64  `json:"sender_id"`
	Step     int    `json:"step"`
	Kind     string `json:"kind" enum:"mail,task"`
	At       Clock  `json:"at" doc:"In the sender's zone"`
	Slot     string `json:"slot" doc:"The hour it goes in, on the sender's wall clock" example:"2026-06-04T10:00"`
}

// ScheduledHour counts the mails of a sender in one slot.
type ScheduledHour struct {
	SenderID int64  `json:"sender_id"`
	Day      string `json:"day" example:"2026-06-04"`
	Hour     int    `json:"hour"`
	First    int    `json:"first" doc:"Mails of first steps"`
	Mails    int    `json:"mails" doc:"Of all steps"`
}

type (
	batchScheduleInput struct {
		BatchPath
		PageQuery
		AsOf time.Time `query:"as_of" doc:"Of an earlier page, so that all pages are of one schedule"`
	}
	batchScheduleOutput struct {
		Body struct {
			AsOf   time.Time           `json:"as_of"`
			Digest string              `json:"digest" doc:"Equal schedules have equal ones"`
			Hours  []ScheduledHour     `json:"hours" nullable:"false" doc:"Of the whole schedule, by sender, day and hour"`
			Mails  Page[ScheduledMail] `json:"mails"`
		}
	}
)

func (s *Server) preview(ctx context.Context, batch int64, asOf time.Time) (store.Batch, store.BatchPlan, error) {
	b, err := s.store.Batch(ctx, batch)
	if err != nil {
		return b, store.BatchPlan{}, err
	}
	p, err := s.store.PreviewBatch(ctx, b, asOf, mail.Needs)
	return b, p, err
}

func (s *Server) getBatchSchedule(ctx context.Context, in *batchScheduleInput) (*batchScheduleOutput, error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	_, p, err := s.preview(ctx, in.ID, in.AsOf)
	if err != nil {
		return nil, err
	}
	zones := map[int64]*time.Location{}
	for id, name := range p.Zones {
		if zones[id], err = calendar.Zone(name); err != nil {
			return nil, err
		}
	}
	out := &batchScheduleOutput{}
	out.Body.AsOf, out.Body.Digest, out.Body.Hours = p.AsOf, p.Digest, hoursOf(p.Mails, zones)
	out.Body.Mails = pageOf(in.PageQuery, page, p.Mails, func(m store.PlannedMail) ScheduledMail {
		at := clock(m.At, zones[m.Sender])
		return ScheduledMail{PersonID: m.Person, SenderID: m.Sender, Step: m.Step, Kind: m.Kind, At: *at, Slot: at.Local[:len("2006-01-02T15")] + ":00"}
	})
	return out, nil
}

// hoursOf counts mails by sender and slot.
func hoursOf(mails []store.PlannedMail, zones map[int64]*time.Location) []ScheduledHour {
	counts := map[ScheduledHour]*ScheduledHour{}
	for _, m := range mails {
		if m.Kind != store.MailStep {
			continue
		}
		here := m.At.In(zones[m.Sender])
		key := ScheduledHour{SenderID: m.Sender, Day: here.Format(time.DateOnly), Hour: here.Hour()}
		h := counts[key]
		if h == nil {
			h = ptr(key)
			counts[key] = h
		}
		h.Mails++
		if m.Step == 1 {
			h.First++
		}
	}
	out := make([]ScheduledHour, 0, len(counts))
	for _, h := range slices.SortedFunc(maps.Values(counts), func(a, b *ScheduledHour) int {
		return cmp.Or(cmp.Compare(a.SenderID, b.SenderID), cmp.Compare(a.Day, b.Day), cmp.Compare(a.Hour, b.Hour))
	}) {
		out = append(out, *h)
	}
	return out
}

// SenderShare is how many contacts a sender gets.
type SenderShare struct {
	SenderID int64  `json:"sender_id"`
	Address  string `json:"address"`
	Contacts int    `json:"contacts"`
	First    Clock  `json:"first" doc:"Their first mail"`
	Last     Clock  `json:"last" doc:"Their last"`
}

type summaryOutput struct {
	Body struct {
		Sequence string         `json:"sequence"`
		Contacts int            `json:"contacts" doc:"Who would be engaged"`
		Senders  []SenderShare  `json:"senders" nullable:"false"`
		Starts   *time.Time     `json:"starts,omitempty" doc:"The first mail of all"`
		Ends     *time.Time     `json:"ends,omitempty" doc:"The last"`
		Refused  map[string]int `json:"refused" doc:"By reason"`
		AsOf     time.Time      `json:"as_of"`
		Digest   string         `json:"digest"`
	}
}

func (s *Server) getBatchSummary(ctx context.Context, in *BatchPath) (*summaryOutput, error) {
	b, p, err := s.preview(ctx, in.ID, time.Time{})
	if err != nil {
		return nil, err
	}
	seq, err := s.store.Sequence(ctx, b.SequenceID)
	if err != nil {
		return nil, err
	}
	out := &summaryOutput{}
	out.Body.Sequence, out.Body.Contacts, out.Body.AsOf, out.Body.Digest = seq.Name, p.Engaged, p.AsOf, p.Digest
	out.Body.Refused, out.Body.Senders = map[string]int{}, []SenderShare{}
	for _, c := range p.Candidates {
		if c.Refused != "" {
			out.Body.Refused[c.Refused]++
		}
	}
	type span struct {
		contacts    int
		first, last time.Time
	}
	spans := map[int64]*span{}
	for _, m := range p.Mails {
		x := spans[m.Sender]
		if x == nil {
			x = &span{first: m.At, last: m.At}
			spans[m.Sender] = x
		}
		if m.Step == 1 {
			x.contacts++
		}
		if m.At.Before(x.first) {
			x.first = m.At
		}
		if m.At.After(x.last) {
			x.last = m.At
		}
		if out.Body.Starts == nil || m.At.Before(*out.Body.Starts) {
			out.Body.Starts = ptr(m.At)
		}
		if out.Body.Ends == nil || m.At.After(*out.Body.Ends) {
			out.Body.Ends = ptr(m.At)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(spans)) {
		box, err := s.store.Sender(ctx, id)
		if err != nil {
			return nil, err
		}
		zone, err := calendar.Zone(p.Zones[id])
		if err != nil {
			return nil, err
		}
		x := spans[id]
		out.Body.Senders = append(out.Body.Senders, SenderShare{
			SenderID: id, Address: box.Address, Contacts: x.contacts, First: *clock(x.first, zone), Last: *clock(x.last, zone),
		})
	}
	return out, nil
}

type (
	engageInput struct {
		BatchPath
		IfMatch
		Body struct {
			AsOf          time.Time `json:"as_of" doc:"Of the schedule or the summary"`
			Digest        string    `json:"digest" maxLength:"64" doc:"Likewise"`
			AcceptChanges bool      `json:"accept_changes,omitempty"`
		}
	}
	engageOutput struct {
		Body struct {
			Engaged int            `json:"engaged" doc:"Contacts"`
			Mails   int            `json:"mails" doc:"Slots reserved"`
			Changed bool           `json:"changed" doc:"The schedule is another than the one shown: read it from the enrollments"`
			Refused map[string]int `json:"refused" doc:"By reason"`
		}
	}
)

func (s *Server) engageBatch(ctx context.Context, in *engageInput) (*engageOutput, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	done, rings, err := s.store.EngageBatch(ctx, in.ID, version, in.Body.AsOf, in.Body.Digest, in.Body.AcceptChanges, mail.Needs)
	if err != nil {
		return nil, err
	}
	s.ring(ctx, rings)
	out := &engageOutput{}
	out.Body.Engaged, out.Body.Mails, out.Body.Changed = done.Engaged, len(done.Mails), done.Digest != in.Body.Digest
	out.Body.Refused = map[string]int{}
	for _, c := range done.Candidates {
		if c.Refused != "" {
			out.Body.Refused[c.Refused]++
		}
	}
	return out, nil
}
