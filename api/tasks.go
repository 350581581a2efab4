package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/store"
)

func (s *Server) addTasks() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/tasks", ID: "list-tasks", Tag: "tasks", Scope: Read,
		Summary: "List the manual steps of sequences that have turned up",
	}, s.listTasks)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/enrollments/{id}/task/done", ID: "finish-task", Tag: "tasks", Scope: Send,
		Summary: "Say that a contact's open task is done: the sequence goes on",
	}, func(ctx context.Context, in *EnrollmentPath) (*taskOutput, error) {
		return s.finishTask(ctx, in.ID, "done")
	})
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/enrollments/{id}/task/skip", ID: "skip-task", Tag: "tasks", Scope: Send,
		Summary: "Skip a contact's open task: the sequence goes on",
	}, func(ctx context.Context, in *EnrollmentPath) (*taskOutput, error) {
		return s.finishTask(ctx, in.ID, "skipped")
	})
}

// Task is a manual step that waits for somebody, or did.
type Task struct {
	EnrollmentID int64      `json:"enrollment_id"`
	SequenceID   int64      `json:"sequence_id"`
	Step         int        `json:"step"`
	UserID       int64      `json:"user_id" doc:"Who is to do it"`
	PersonID     int64      `json:"person_id"`
	Name         string     `json:"name" doc:"Of the person; empty when erased"`
	Text         string     `json:"text" doc:"What is to be done"`
	CreatedAt    time.Time  `json:"created_at"`
	DoneAt       *time.Time `json:"done_at,omitempty"`
	Outcome      string     `json:"outcome,omitempty" enum:"done,skipped,dropped" doc:"Dropped: the sequence ended before; missing: open"`
}

type (
	listTasksInput struct {
		PageQuery
		User int64 `query:"user" minimum:"1" doc:"Only this user's"`
		Open bool  `query:"open" doc:"Only open ones"`
	}
	tasksOutput struct{ Body Page[Task] }
	taskOutput  struct {
		Body struct {
			State string     `json:"state" doc:"Of the enrollment now"`
			Step  int        `json:"step" doc:"The one to come"`
			DueAt *time.Time `json:"due_at,omitempty" doc:"When it goes on"`
		}
	}
)

func (s *Server) listTasks(ctx context.Context, in *listTasksInput) (*tasksOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Tasks(ctx, in.User, in.Open, p)
	if err != nil {
		return nil, err
	}
	people := make([]int64, len(rows))
	for i, t := range rows {
		people[i] = t.PersonID
	}
	names, err := s.store.Names(ctx, people)
	if err != nil {
		return nil, err
	}
	return &tasksOutput{Body: newPage(in.PageQuery, rows, store.Task.Place, func(t store.Task) Task {
		return Task{
			EnrollmentID: t.EnrollmentID, SequenceID: t.SequenceID, Step: t.Step, UserID: t.UserID, PersonID: t.PersonID, Name: names[t.PersonID],
			Text: t.Text, CreatedAt: t.CreatedAt, DoneAt: t.DoneAt, Outcome: deref(t.Outcome),
		}
	})}, nil
}

func (s *Server) finishTask(ctx context.Context, enrollment int64, outcome string) (*taskOutput, error) {
	rings, err := s.store.FinishTask(ctx, enrollment, outcome)
	if err != nil {
		return nil, err
	}
	s.ring(ctx, rings)
	e, err := s.store.Enrollment(ctx, enrollment)
	if err != nil {
		return nil, err
	}
	out := &taskOutput{}
	out.Body.State, out.Body.Step, out.Body.DueAt = string(e.State), e.Step, e.DueAt
	return out, nil
}
