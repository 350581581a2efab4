package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/store"
)

func (s *Server) addSequences() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sequences", ID: "list-sequences", Tag: "sequences", Scope: Read,
		Summary: "List sequences, archived ones too, without their steps",
	}, s.listSequences)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/sequences", ID: "create-sequence", Tag: "sequences", Scope: Admin,
		Status: http.StatusCreated, Idempotent: true, MaxBody: maxSteps, Summary: "Create a sequence", Description: stepsHelp,
	}, s.createSequence)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sequences/{id}", ID: "get-sequence", Tag: "sequences", Scope: Read,
		Summary: "Read a sequence with the steps of its current edition",
	}, s.getSequence)
	handle(s, Route{
		Method: http.MethodPatch, Path: "/v1/sequences/{id}", ID: "update-sequence", Tag: "sequences", Scope: Admin, MaxBody: maxSteps,
		Summary: "Change a sequence; other steps are a new edition", Description: editionsHelp + "\n\n" + stepsHelp,
	}, s.updateSequence)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/sequences/{id}/archive", ID: "archive-sequence", Tag: "sequences", Scope: Admin,
		Summary: "Add nobody to a sequence any more; who is under way goes on",
	}, s.archiveSequence)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sequences/{id}/editions/{edition}", ID: "get-sequence-edition", Tag: "sequences", Scope: Read,
		Summary: "Read the steps of an edition", Description: editionsHelp,
	}, s.getEdition)
}

// maxSteps is the bytes of a body with as many and as long texts as there may be.
const maxSteps = 8 << 20

const editionsHelp = "The steps of a sequence come in editions, numbered from 1, which never change and stay readable. An edit of the steps, " +
	"of a live sequence too, makes a new edition: batches engaged from then on get it, those engaged before keep theirs unless they are migrated. " +
	"Everything else of a sequence (name, safeguards, stop rules, the contacts' hours) counts for everybody at once. Fields that are missing stay."

const stepsHelp = "A sequence has 1 to 30 `steps`, sent in their order: a `mail`, whose `subject`, `text` and `html` are Liquid, or a `task` with a `text`, " +
	"for which the sequence waits until it is done or skipped. A mail with `thread` replies to the last mail before it, and may leave out its subject. " +
	"422 `text_invalid` names every mistake in all Liquid of all steps with its line.\n\n" +
	"`delay_days` are working days: days on which the sender sends, counted from the day on which the step before really went out. " +
	"Friday and two days are Tuesday, for a sender of Mondays to Fridays; a holiday of the sender counts no more than a Saturday. `delay_minutes` can stand instead, on the clock. " +
	"The first step has no delay: it goes out when its batch starts.\n\n" +
	"`from_hour` and `to_hour` are the slots of the step, on the sender's wall clock, within the hours of the sender.\n\n" +
	"`contact_hours` of the sequence are when contacts take mail, on the wall clock of each contact's own `timezone`. They only restrict the sender's hours " +
	"further; who has no time zone is not restricted. Mails planned for other hours are planned anew at once.\n\n" +
	"`stale_hours` is how late a step may go out. One that is later, after a pause or an outage, does not go out at once: it is planned " +
	"anew as if the step before had gone out now, so that its delay counts again, and is shown as such (`replanned_stale`)."

// Sequence is an outreach in steps.
type Sequence struct {
	ID               int64      `json:"id"`
	Name             string     `json:"name"`
	Edition          int        `json:"edition" doc:"Of the steps that a new batch gets"`
	Safeguards       bool       `json:"safeguards" doc:"Refuse who has been in any sequence, unless their batch is authorized"`
	StopOnClick      bool       `json:"stop_on_click"`
	StopOnMeeting    bool       `json:"stop_on_meeting"`
	StopOnCompany    bool       `json:"stop_on_company" doc:"Stop when somebody of the same company replied"`
	UnresponsiveDays int        `json:"unresponsive_days" doc:"Days without an answer after the last step until a contact is unresponsive"`
	ContactHours     DayHours   `json:"contact_hours" doc:"When contacts take mail, on their own wall clocks; 0 to 24: at any hour"`
	Steps            []Step     `json:"steps,omitempty" doc:"Of the current edition; not in lists"`
	ArchivedAt       *time.Time `json:"archived_at,omitempty"`
	CreatedAt        time.Time  `json:"created_at"`
}

// DayHours are hours of a day.
type DayHours struct {
	FromHour int `json:"from_hour" minimum:"0" maximum:"23"`
	ToHour   int `json:"to_hour" minimum:"1" maximum:"24" doc:"The first hour after them"`
}

// sequenceFields are what an admin sets.
type sequenceFields struct {
	Name             *string   `json:"name,omitempty" maxLength:"200"`
	Safeguards       *bool     `json:"safeguards,omitempty" doc:"Refuse who has been in any sequence, unless their batch is authorized; default true"`
	StopOnClick      *bool     `json:"stop_on_click,omitempty" doc:"Default false"`
	StopOnMeeting    *bool     `json:"stop_on_meeting,omitempty" doc:"Default true"`
	StopOnCompany    *bool     `json:"stop_on_company,omitempty" doc:"Stop when somebody of the same company replied; default false"`
	UnresponsiveDays *int      `json:"unresponsive_days,omitempty" minimum:"0" maximum:"365" doc:"Days without an answer after the last step until a contact is unresponsive; default 7"`
	ContactHours     *DayHours `json:"contact_hours,omitempty" doc:"When contacts take mail, on their own wall clocks; default 0 to 24, at any hour" example:"{\"from_hour\": 9, \"to_hour\": 18}"`
	Steps            *[]Step   `json:"steps,omitempty" nullable:"false" doc:"1 to 30; required of a new sequence"`
}

// SequencePath is embedded by inputs about one sequence.
type SequencePath struct {
	ID int64 `path:"id" minimum:"1"`
}

type (
	sequencesOutput struct{ Body Page[Sequence] }
	sequenceOutput  struct {
		ETag ETag `header:"ETag"`
		Body Sequence
	}
	editionOutput struct {
		Body struct {
			SequenceID int64  `json:"sequence_id"`
			Edition    int    `json:"edition"`
			Steps      []Step `json:"steps" nullable:"false"`
		}
	}
)

func showSequence(s store.Sequence) Sequence {
	return Sequence{
		ID: s.ID, Name: s.Name, Edition: s.Edition, Safeguards: s.Safeguards, StopOnClick: s.StopOnClick, StopOnMeeting: s.StopOnMeeting,
		StopOnCompany: s.StopOnCompany, UnresponsiveDays: s.UnresponsiveDays, ContactHours: DayHours{s.ContactFromHour, s.ContactToHour},
		ArchivedAt: s.ArchivedAt, CreatedAt: s.CreatedAt,
	}
}

// answerSequence shows a sequence with its steps, which never change under its edition.
func (s *Server) answerSequence(ctx context.Context, row store.Sequence, err error) (*sequenceOutput, error) {
	if err != nil {
		return nil, err
	}
	steps, err := s.store.Steps(ctx, row.ID, row.Edition)
	if err != nil {
		return nil, err
	}
	out := &sequenceOutput{ETag: etag(row.Version), Body: showSequence(row)}
	out.Body.Steps = showSteps(steps)
	return out, nil
}

func (s *Server) listSequences(ctx context.Context, in *PageQuery) (*sequencesOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Sequences(ctx, p)
	if err != nil {
		return nil, err
	}
	return &sequencesOutput{Body: newPage(*in, rows, func(s store.Sequence) int64 { return s.ID }, showSequence)}, nil
}

type createSequenceInput struct {
	Body sequenceFields
}

func (s *Server) createSequence(ctx context.Context, in *createSequenceInput) (*sequenceOutput, error) {
	row := store.Sequence{Safeguards: true, StopOnMeeting: true, UnresponsiveDays: 7}
	in.Body.apply(&row)
	if in.Body.Steps == nil {
		in.Body.Steps = &[]Step{} // which is refused
	}
	steps, err := in.Body.steps()
	if err != nil {
		return nil, err
	}
	row, err = s.store.CreateSequence(ctx, row, steps)
	return s.answerSequence(ctx, row, err)
}

func (s *Server) getSequence(ctx context.Context, in *SequencePath) (*sequenceOutput, error) {
	row, err := s.store.Sequence(ctx, in.ID)
	return s.answerSequence(ctx, row, err)
}

type updateSequenceInput struct {
	SequencePath
	IfMatch
	Body sequenceFields
}

func (s *Server) updateSequence(ctx context.Context, in *updateSequenceInput) (*sequenceOutput, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	steps, err := in.Body.steps()
	if err != nil {
		return nil, err
	}
	row, err := s.store.UpdateSequence(ctx, in.ID, version, in.Body.apply, steps)
	return s.answerSequence(ctx, row, err)
}

type sequenceVersionInput struct {
	SequencePath
	IfMatch
}

func (s *Server) archiveSequence(ctx context.Context, in *sequenceVersionInput) (*sequenceOutput, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	row, err := s.store.ArchiveSequence(ctx, in.ID, version)
	return s.answerSequence(ctx, row, err)
}

type editionInput struct {
	SequencePath
	Edition int32 `path:"edition" minimum:"1"`
}

func (s *Server) getEdition(ctx context.Context, in *editionInput) (*editionOutput, error) {
	if _, err := s.store.Sequence(ctx, in.ID); err != nil {
		return nil, err
	}
	steps, err := s.store.Steps(ctx, in.ID, int(in.Edition))
	if err != nil {
		return nil, err
	}
	var out editionOutput
	out.Body.SequenceID, out.Body.Edition, out.Body.Steps = in.ID, int(in.Edition), showSteps(steps)
	return &out, nil
}

// apply writes the given fields over the row; the store checks them.
func (f sequenceFields) apply(row *store.Sequence) {
	set(&row.Name, f.Name)
	set(&row.Safeguards, f.Safeguards)
	set(&row.StopOnClick, f.StopOnClick)
	set(&row.StopOnMeeting, f.StopOnMeeting)
	set(&row.StopOnCompany, f.StopOnCompany)
	set(&row.UnresponsiveDays, f.UnresponsiveDays)
	if h := f.ContactHours; h != nil {
		row.ContactFromHour, row.ContactToHour = h.FromHour, h.ToHour
	}
}

// steps are those given, checked; nil where none are.
func (f sequenceFields) steps() ([]store.Step, error) {
	if f.Steps == nil {
		return nil, nil
	}
	return readSteps(*f.Steps)
}
