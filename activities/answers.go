package activities

import (
	"context"

	"rondo/activities/fault"
	"rondo/activities/store"
	"rondo/workflows"
)

// StoreAnswers writes the answers that an integration signalled.
func (a *Activities) StoreAnswers(ctx context.Context, in workflows.StoreAnswersInput) (workflows.StoredAnswers, error) {
	if len(in.Answers) > workflows.MaxAnswers {
		return workflows.StoredAnswers{}, fault.New(fault.Invalid, "too_many_answers", "a signal carries at most %d answers", workflows.MaxAnswers)
	}
	answers := make([]store.OptInAnswer, len(in.Answers))
	for i, x := range in.Answers {
		answers[i] = store.OptInAnswer{PersonID: x.PersonID, Answer: x.Answer, Key: x.Key}
	}
	done, rings, err := a.DB.Answer(ctx, in.Round, store.FromSignal, answers)
	if err != nil {
		return workflows.StoredAnswers{}, err
	}
	a.ring(ctx, rings)
	return workflows.StoredAnswers{Stored: done.Stored, Repeated: done.Repeated, Refused: len(done.Refused)}, nil
}
