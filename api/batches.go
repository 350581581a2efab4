package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/store"
	"rondo/activities/store/filter"
)

const batchHelp = "Adding people to a sequence is a draft batch whose every part can be looked at and changed, in any order, until it is engaged:\n\n" +
	"1. create it with people and look at their mails, `GET /v1/batches/{id}/contacts/{person}/mails`, each of which can be edited;\n" +
	"2. see who cannot be engaged and why, `GET /v1/batches/{id}/refusals`: what is mended, or authorized, counts at once;\n" +
	"3. choose senders, start and pace with `PATCH /v1/batches/{id}`;\n" +
	"4. see every mail of every step with its slot, `GET /v1/batches/{id}/schedule`;\n" +
	"5. engage what the schedule showed, `POST /v1/batches/{id}/engage`."

func (s *Server) addBatches() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/batches", ID: "list-batches", Tag: "batches", Scope: Read, Summary: "List batches",
	}, s.listBatches)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/sequences/{id}/batches", ID: "create-batch", Tag: "batches", Scope: Send,
		Status: http.StatusCreated, Idempotent: true, Summary: "Choose people to add to a sequence", Description: batchHelp,
	}, s.createBatch)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/batches/{id}", ID: "get-batch", Tag: "batches", Scope: Read, Summary: "Read a batch",
	}, s.getBatch)
	handle(s, Route{
		Method: http.MethodPatch, Path: "/v1/batches/{id}", ID: "update-batch", Tag: "batches", Scope: Send,
		Summary:     "Choose senders, start and pace of a draft",
		Description: "Fields that are missing stay. Whoever sends becomes the owner of the contact.",
	}, s.updateBatch)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/batches/{id}/remove", ID: "remove-from-batch", Tag: "batches", Scope: Send, Summary: "Take people out of a draft",
	}, s.removeFromBatch)
	handle(s, Route{
		Method: http.MethodDelete, Path: "/v1/batches/{id}", ID: "discard-batch", Tag: "batches", Scope: Send, Summary: "Give a draft up",
	}, s.discardBatch)
}

// Batch is people to be added to a sequence.
type Batch struct {
	ID         int64      `json:"id"`
	SequenceID int64      `json:"sequence_id"`
	Edition    int        `json:"edition" doc:"Of the sequence's steps"`
	State      string     `json:"state" enum:"draft,engaging,engaged,discarded"`
	Senders    string     `json:"senders" enum:"me,owners,selected"`
	SenderIDs  []int64    `json:"sender_ids" nullable:"false" doc:"Of me and selected: users"`
	Split      string     `json:"split" enum:"even,random" doc:"How contacts are divided among selected senders; the same for the same batch"`
	Start      string     `json:"start" enum:"next_slot,at,at_once"`
	StartAt    string     `json:"start_at,omitempty" doc:"Of at: a wall clock in timezone; its hour is the slot" example:"2026-06-04T10:00"`
	Timezone   string     `json:"timezone"`
	PerHour    int        `json:"per_hour" doc:"Contacts begun in an hour, all senders together; 0: as many as the senders' quotas allow"`
	PerDay     int        `json:"per_day" doc:"And on a calendar day of timezone"`
	Authorized bool       `json:"authorized" doc:"Who has been in a sequence before is engaged all the same"`
	EngagedAt  *time.Time `json:"engaged_at,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`
}

// BatchPath is embedded by inputs about one batch.
type BatchPath struct {
	ID int64 `path:"id" minimum:"1"`
}

type (
	batchesOutput struct{ Body Page[Batch] }
	batchOutput   struct {
		ETag ETag `header:"ETag"`
		Body Batch
	}
)

func showBatch(b store.Batch) Batch {
	out := Batch{
		ID: b.ID, SequenceID: b.SequenceID, Edition: b.Edition, State: b.State, Senders: b.Senders, SenderIDs: append([]int64{}, b.SenderIDs...),
		Split: b.Split, Start: b.Start, Timezone: b.Timezone, PerHour: b.PerHour, PerDay: b.PerDay, Authorized: b.Authorized,
		EngagedAt: b.EngagedAt, CreatedAt: b.CreatedAt,
	}
	if b.StartWall != nil {
		out.StartAt = calendar.WallOf(*b.StartWall, time.UTC).String()
	}
	return out
}

func answerBatch(b store.Batch, err error) (*batchOutput, error) {
	if err != nil {
		return nil, err
	}
	return &batchOutput{ETag: etag(b.Version), Body: showBatch(b)}, nil
}

type listBatchesInput struct {
	PageQuery
	Sequence int64 `query:"sequence" minimum:"1" doc:"Only of this one"`
}

func (s *Server) listBatches(ctx context.Context, in *listBatchesInput) (*batchesOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Batches(ctx, in.Sequence, p)
	if err != nil {
		return nil, err
	}
	return &batchesOutput{Body: newPage(in.PageQuery, rows, func(b store.Batch) int64 { return b.ID }, showBatch)}, nil
}

type createBatchInput struct {
	ID   int64 `path:"id" minimum:"1"`
	Body struct {
		People []int64 `json:"people,omitempty" maxItems:"10000" nullable:"false" doc:"By id"`
		List   int64   `json:"list,omitempty" minimum:"1" doc:"Everybody on this list too"`
		Filter *string `json:"filter,omitempty" maxLength:"10000" doc:"And whom this selects: see docs/filters.md; empty: everybody"`
	}
}

func (s *Server) createBatch(ctx context.Context, in *createBatchInput) (*batchOutput, error) {
	who := store.Whom{IDs: in.Body.People, List: in.Body.List}
	if in.Body.Filter != nil {
		var e filter.Expr
		var err error
		if e, err = parseFilter("body.filter", *in.Body.Filter); err != nil {
			return nil, err
		}
		who.Filter, who.All = e, true
	}
	return answerBatch(s.store.CreateBatch(ctx, in.ID, who))
}

func (s *Server) getBatch(ctx context.Context, in *BatchPath) (*batchOutput, error) {
	return answerBatch(s.store.Batch(ctx, in.ID))
}

type updateBatchInput struct {
	BatchPath
	IfMatch
	Body struct {
		Senders    *string `json:"senders,omitempty" enum:"me,owners,selected" doc:"me: the user of the key, or the one named; owners: each contact's owner; selected: those named"`
		SenderIDs  []int64 `json:"sender_ids,omitempty" maxItems:"1000" nullable:"false" doc:"Users"`
		Split      *string `json:"split,omitempty" enum:"even,random"`
		Start      *string `json:"start,omitempty" enum:"next_slot,at,at_once" doc:"next_slot: 10:40 becomes 11:00; at: start_at; at_once: also what is left of the present slot"`
		StartAt    *string `json:"start_at,omitempty" maxLength:"19" doc:"Of at: a wall clock in timezone"`
		Timezone   *string `json:"timezone,omitempty" doc:"IANA name"`
		PerHour    *int    `json:"per_hour,omitempty" minimum:"0" maximum:"100000"`
		PerDay     *int    `json:"per_day,omitempty" minimum:"0" maximum:"100000"`
		Authorized *bool   `json:"authorized,omitempty"`
		Edition    *int    `json:"edition,omitempty" minimum:"1"`
	}
}

func (s *Server) updateBatch(ctx context.Context, in *updateBatchInput) (*batchOutput, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return answerBatch(s.store.EditBatch(ctx, in.ID, version, func(b *store.Batch) error { return in.apply(b, caller(ctx).UserID) }))
}

func (in *updateBatchInput) apply(b *store.Batch, user *int64) error {
	f := in.Body
	set(&b.Senders, f.Senders)
	set(&b.Split, f.Split)
	set(&b.Start, f.Start)
	set(&b.Timezone, f.Timezone)
	set(&b.PerHour, f.PerHour)
	set(&b.PerDay, f.PerDay)
	set(&b.Authorized, f.Authorized)
	set(&b.Edition, f.Edition)
	switch {
	case f.SenderIDs != nil:
		b.SenderIDs = f.SenderIDs
	case b.Senders == "me" && user != nil:
		b.SenderIDs = []int64{*user}
	}
	if b.Senders == "owners" {
		b.SenderIDs = []int64{}
	}
	if f.StartAt != nil {
		wall, err := calendar.ParseWall(*f.StartAt)
		if err != nil {
			return fault.BadField("invalid_wall_clock", "body.start_at", "%s", err.Error())
		}
		at := wall.In(time.UTC)
		b.StartWall = &at
	}
	switch {
	case b.Start != "at":
		b.StartWall = nil
	case b.StartWall == nil:
		return fault.BadField("start_at_missing", "body.start_at", "say when: a wall clock such as 2026-06-04T10:00")
	}
	return nil
}

type removeFromBatchInput struct {
	BatchPath
	Body struct {
		People []int64 `json:"people" minItems:"1" maxItems:"10000" nullable:"false"`
	}
}

func (s *Server) removeFromBatch(ctx context.Context, in *removeFromBatchInput) (*struct{}, error) {
	return nil, s.store.RemoveFromBatch(ctx, in.ID, in.Body.People)
}

func (s *Server) discardBatch(ctx context.Context, in *BatchPath) (*struct{}, error) {
	return nil, s.store.DiscardBatch(ctx, in.ID)
}

// BatchContactPath is embedded by inputs about somebody in a batch.
type BatchContactPath struct {
	BatchPath
	Person int64 `path:"person" minimum:"1"`
}
