package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/store"
)

func (s *Server) addEnrollmentActions() {
	action := func(name, summary, description string) Route {
		return Route{
			Method: http.MethodPost, Path: "/v1/enrollments/" + name, ID: name + "-enrollments", Tag: "enrollments", Scope: Send,
			Summary: summary, Description: description + " " + selectionHelp,
		}
	}
	handle(s, action("pause", "Pause contacts, until they are resumed or until an instant",
		"Their slots are free for others meanwhile. A mail that is being handed to the provider still goes."), s.pauseEnrollments)
	handle(s, action("resume", "Resume paused contacts",
		"Each plans its step anew, so that nothing overdue goes out at once."), s.resumeEnrollments)
	handle(s, action("stop", "Stop contacts for good", "A stopped contact can be added to a sequence again."), s.stopEnrollments)
	handle(s, action("reassign", "Give contacts another sender",
		"Who becomes their owner, too. Their next mails are planned anew with the new sender's quotas; who is paused stays so."), s.reassignEnrollments)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/batches/{id}/migrate", ID: "migrate-batch", Tag: "batches", Scope: Send,
		Summary: "Let the contacts of a batch go on with another edition of the sequence",
		Description: "Contacts whose step the edition does not have, or who wait for an answer after the last one, stay with theirs. " +
			"Texts edited for a contact are those of the old edition and go.",
	}, s.migrateBatch)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/enrollments/{id}/responses", ID: "respond-enrollment", Tag: "enrollments", Scope: Signal, Idempotent: true,
		Summary: "Report what came back from a contact",
		Description: "For integrations. The same `key` of the same enrollment is stored once. `reply` and `negative` end the sequence, `meeting` and `click` " +
			"where the sequence is set so; `negative` and `unsubscribe` blacklist the person; `out_of_office` pauses until the day `until`, " +
			"or for 14 days. What comes after the end is stored and counted all the same.",
	}, s.respondEnrollment)
}

const selectionHelp = "Selects who matches all that is given, which is at least one thing; those whom it cannot apply to are left alone and not counted."

// Selection picks enrollments that are not over.
type Selection struct {
	IDs        []int64 `json:"ids,omitempty" minItems:"1" maxItems:"10000" nullable:"false" doc:"Of enrollments"`
	SequenceID int64   `json:"sequence_id,omitempty" minimum:"1"`
	BatchID    int64   `json:"batch_id,omitempty" minimum:"1"`
	SenderID   int64   `json:"sender_id,omitempty" minimum:"1"`
	PersonID   int64   `json:"person_id,omitempty" minimum:"1"`
}

// filter refuses a selection of everybody, which is rather a mistake.
func (in Selection) filter() (store.EnrollmentFilter, error) {
	if in.IDs == nil && in.SequenceID == 0 && in.BatchID == 0 && in.SenderID == 0 && in.PersonID == 0 {
		return store.EnrollmentFilter{}, fault.BadField("selection_empty", "body",
			"say which contacts: ids, sequence_id, batch_id, sender_id or person_id")
	}
	return store.EnrollmentFilter{IDs: in.IDs, Sequence: in.SequenceID, Batch: in.BatchID, Sender: in.SenderID, Person: in.PersonID}, nil
}

// Changed counts what an action changed.
type Changed struct {
	Changed int `json:"changed" doc:"How many contacts"`
}

type changedOutput struct{ Body Changed }

// changed rings those changed.
func (s *Server) changed(ctx context.Context, n int, rings []store.Ring, err error) (*changedOutput, error) {
	if err != nil {
		return nil, err
	}
	s.ring(ctx, rings)
	return &changedOutput{Changed{n}}, nil
}

type (
	selectionInput struct{ Body Selection }
	pauseInput     struct {
		Body struct {
			Selection
			Until *time.Time `json:"until,omitempty" doc:"The pause ends by itself then, within a year; missing: when resumed" example:"2026-06-04T10:00:00Z"`
		}
	}
	reassignInput struct {
		Body struct {
			Selection
			To int64 `json:"to" minimum:"1" doc:"A user with a mailbox"`
		}
	}
)

// longestPause keeps timers within reason.
const longestPause = 366 * 24 * time.Hour

func (s *Server) pauseEnrollments(ctx context.Context, in *pauseInput) (*changedOutput, error) {
	f, err := in.Body.filter()
	if err != nil {
		return nil, err
	}
	if until := in.Body.Until; until != nil && (!until.After(time.Now()) || time.Until(*until) > longestPause) {
		return nil, fault.BadField("until_out_of_range", "body.until", "a pause ends in the future, within a year")
	}
	n, rings, err := s.store.PauseEnrollments(ctx, f, in.Body.Until, caller(ctx).ID)
	return s.changed(ctx, n, rings, err)
}

func (s *Server) resumeEnrollments(ctx context.Context, in *selectionInput) (*changedOutput, error) {
	f, err := in.Body.filter()
	if err != nil {
		return nil, err
	}
	rings, err := s.store.ResumeEnrollments(ctx, f)
	return s.changed(ctx, len(rings), rings, err)
}

func (s *Server) stopEnrollments(ctx context.Context, in *selectionInput) (*changedOutput, error) {
	f, err := in.Body.filter()
	if err != nil {
		return nil, err
	}
	rings, err := s.store.StopEnrollments(ctx, f, caller(ctx).ID)
	return s.changed(ctx, len(rings), rings, err)
}

func (s *Server) reassignEnrollments(ctx context.Context, in *reassignInput) (*changedOutput, error) {
	f, err := in.Body.filter()
	if err != nil {
		return nil, err
	}
	rings, err := s.store.ReassignEnrollments(ctx, f, in.Body.To)
	if errors.Is(err, &fault.Error{Code: "sender_not_found"}) {
		return nil, fault.BadField("sender_unknown", "body.to", "user %d has no mailbox: PUT /v1/users/%d/sender first", in.Body.To, in.Body.To)
	}
	return s.changed(ctx, len(rings), rings, err)
}

type (
	migrateBatchInput struct {
		BatchPath
		Body struct {
			Edition int32 `json:"edition" minimum:"1"`
		}
	}
	migratedOutput struct {
		Body struct {
			Migrated int `json:"migrated"`
			Stayed   int `json:"stayed" doc:"Not over, and with the edition they had"`
		}
	}
)

func (s *Server) migrateBatch(ctx context.Context, in *migrateBatchInput) (*migratedOutput, error) {
	migrated, stayed, err := s.store.MigrateBatch(ctx, in.ID, int(in.Body.Edition))
	if errors.Is(err, &fault.Error{Code: "edition_not_found"}) {
		return nil, fault.BadField("edition_unknown", "body.edition", "the sequence has no edition %d", in.Body.Edition)
	}
	if err != nil {
		return nil, err
	}
	out := &migratedOutput{}
	out.Body.Migrated, out.Body.Stayed = migrated, stayed
	return out, nil
}

type (
	respondInput struct {
		EnrollmentPath
		Body struct {
			Kind  string `json:"kind" enum:"reply,meeting,click,negative,unsubscribe,out_of_office"`
			Key   string `json:"key" minLength:"1" maxLength:"255" doc:"The integration's own: the same key of the same enrollment is stored once"`
			Until string `json:"until,omitempty" maxLength:"10" doc:"Of out_of_office: the first day back, within a year" example:"2026-06-04"`
		}
	}
	respondedOutput struct {
		Body struct {
			Stored bool   `json:"stored" doc:"False: known by its key"`
			State  string `json:"state" enum:"added,active,stopped,paused,replied,unresponsive,unsubscribed,blacklisted,bounced,error" doc:"Of the enrollment now"`
		}
	}
)

func (s *Server) respondEnrollment(ctx context.Context, in *respondInput) (*respondedOutput, error) {
	r := store.Response{Enrollment: in.ID, Key: in.Body.Key, Kind: in.Body.Kind}
	if hasControl(r.Key) {
		return nil, fault.BadField("control_character", "body.key", "a key is one line of text")
	}
	if in.Body.Until != "" {
		var err error
		if r.Until, err = date(in.Body.Until, "body.until"); err != nil {
			return nil, err
		}
		switch {
		case r.Kind != "out_of_office":
			return nil, fault.BadField("until_unused", "body.until", "only out_of_office has a day of return")
		case calendar.WallOf(time.Now().Add(longestPause), time.UTC).Date().Before(r.Until):
			return nil, fault.BadField("until_out_of_range", "body.until", "the day is more than a year ahead")
		}
	}
	r.Reported, r.By = true, caller(ctx).ID
	id, rings, err := s.store.Respond(ctx, r)
	if err != nil {
		return nil, err
	}
	s.ring(ctx, rings)
	e, err := s.store.Enrollment(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &respondedOutput{}
	out.Body.Stored, out.Body.State = id != 0, string(e.State)
	return out, nil
}
