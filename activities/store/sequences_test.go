package store_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

// threeSteps are a mail, a task and a reply to the mail.
func threeSteps() []store.Step {
	return []store.Step{
		{Kind: store.MailStep, Subject: "Hello {{ person.name }}", Text: "First", HTML: "<p>First</p>", ToHour: 24, StaleHours: 24},
		{Kind: store.TaskStep, Text: "Call\nthem", DelayDays: 2, FromHour: 9, ToHour: 17, StaleHours: 24},
		{Kind: store.MailStep, Text: "Again", Thread: true, DelayMinutes: 5, FromHour: 9, ToHour: 17, StaleHours: 48},
	}
}

// numbered are the steps as they are read back.
func numbered(steps []store.Step) []store.Step {
	steps = slices.Clone(steps)
	for i := range steps {
		steps[i].No = i + 1
	}
	return steps
}

// editionsOf reads editions 1 to n.
func editionsOf(t *testing.T, db *store.DB, sequence int64, n int) [][]store.Step {
	t.Helper()
	all := make([][]store.Step, n)
	for i := range all {
		var err error
		all[i], err = db.Steps(t.Context(), sequence, i+1)
		require.NoError(t, err)
	}
	return all
}

func TestEditionsNeverChange(t *testing.T) {
	db := storetest.New(t)
	ctx := t.Context()
	s, err := db.CreateSequence(ctx, store.Sequence{Name: " Spring ", Safeguards: true, StopOnMeeting: true, UnresponsiveDays: 7}, threeSteps())
	require.NoError(t, err)
	require.Equal(t, store.Sequence{
		ID: s.ID, Name: "Spring", Edition: 1, Safeguards: true, StopOnMeeting: true, UnresponsiveDays: 7, ContactToHour: 24, Version: 1,
		CreatedAt: s.CreatedAt,
	}, s)
	first := numbered(threeSteps())
	require.Equal(t, [][]store.Step{first}, editionsOf(t, db, s.ID, 1))

	changed := threeSteps()
	changed[0].Text = "Other"
	s, err = db.UpdateSequence(ctx, s.ID, 1, func(*store.Sequence) {}, changed)
	require.NoError(t, err)
	require.Equal(t, 2, s.Edition)
	require.EqualValues(t, 2, s.Version)
	second := numbered(changed)
	require.Equal(t, [][]store.Step{first, second}, editionsOf(t, db, s.ID, 2))

	s, err = db.UpdateSequence(ctx, s.ID, 2, func(s *store.Sequence) {
		s.ID, s.Edition, s.Version, s.ArchivedAt = 99, 99, 99, &s.CreatedAt // not an admin's to set
		s.Name, s.StopOnClick, s.StopOnCompany, s.Safeguards, s.UnresponsiveDays = "Summer", true, true, false, 0
	}, nil)
	require.NoError(t, err)
	require.Equal(t, 2, s.Edition, "steps that stay are no new edition")
	require.EqualValues(t, 3, s.Version)
	require.Nil(t, s.ArchivedAt)
	require.Equal(t, "Summer", s.Name)
	require.True(t, s.StopOnClick && s.StopOnCompany && s.StopOnMeeting)
	require.False(t, s.Safeguards)

	s, err = db.UpdateSequence(ctx, s.ID, 3, func(*store.Sequence) {}, changed[:1])
	require.NoError(t, err)
	require.Equal(t, [][]store.Step{first, second, second[:1]}, editionsOf(t, db, s.ID, 3))
	for _, n := range []int{0, 4} {
		_, err = db.Steps(ctx, s.ID, n)
		require.Equal(t, "edition_not_found", faultCode(err))
	}
	read, err := db.Sequence(ctx, s.ID)
	require.NoError(t, err)
	require.Equal(t, s, read)
}

func TestSequenceConflicts(t *testing.T) {
	db := storetest.New(t)
	ctx := t.Context()
	create := func(name string) store.Sequence {
		s, err := db.CreateSequence(ctx, store.Sequence{Name: name}, threeSteps())
		require.NoError(t, err)
		return s
	}
	a, b := create("A"), create("B")
	_, err := db.CreateSequence(ctx, store.Sequence{Name: "A"}, threeSteps())
	require.Equal(t, refusal{Code: "name_taken"}, refusalOf(err))
	rename := func(s *store.Sequence) { s.Name = "A" }
	_, err = db.UpdateSequence(ctx, b.ID, 1, rename, threeSteps())
	require.Equal(t, "name_taken", faultCode(err))
	_, err = db.Steps(ctx, b.ID, 2)
	require.Equal(t, "edition_not_found", faultCode(err), "a refused edit leaves nothing behind")
	_, err = db.UpdateSequence(ctx, b.ID, 2, rename, nil)
	require.Equal(t, "stale_version", faultCode(err))
	_, err = db.UpdateSequence(ctx, b.ID, 1, func(s *store.Sequence) { s.Name = " " }, nil)
	require.Equal(t, refusal{"name_missing", "body.name"}, refusalOf(err))
	_, err = db.UpdateSequence(ctx, b.ID, 1, func(*store.Sequence) {}, []store.Step{})
	require.Equal(t, refusal{"steps_missing", "body.steps"}, refusalOf(err))
	_, err = db.UpdateSequence(ctx, 99, 1, rename, nil)
	require.Equal(t, "sequence_not_found", faultCode(err))

	_, err = db.ArchiveSequence(ctx, a.ID, 2)
	require.Equal(t, "stale_version", faultCode(err))
	archived, err := db.ArchiveSequence(ctx, a.ID, 1)
	require.NoError(t, err)
	require.NotNil(t, archived.ArchivedAt)
	again, err := db.ArchiveSequence(ctx, a.ID, 2)
	require.NoError(t, err)
	require.Equal(t, archived.ArchivedAt, again.ArchivedAt)
	_, err = db.UpdateSequence(ctx, a.ID, 3, func(*store.Sequence) {}, nil)
	require.Equal(t, "sequence_archived", faultCode(err))

	all, err := db.Sequences(ctx, store.Page{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, []store.Sequence{again, b}, all)
	rest, err := db.Sequences(ctx, store.Page{After: a.ID, Limit: 1})
	require.NoError(t, err)
	require.Equal(t, []store.Sequence{b}, rest)
}

func TestSequenceRefusals(t *testing.T) {
	db := storetest.New(t)
	for name, c := range map[string]struct {
		change func(s *store.Sequence)
		want   refusal
	}{
		"no name":           {func(s *store.Sequence) { s.Name = " " }, refusal{"name_missing", "body.name"}},
		"long name":         {func(s *store.Sequence) { s.Name = strings.Repeat("é", 201) }, refusal{"too_long", "body.name"}},
		"name of two lines": {func(s *store.Sequence) { s.Name = "a\nb" }, refusal{"control_character", "body.name"}},
		"waits for years":   {func(s *store.Sequence) { s.UnresponsiveDays = 366 }, refusal{"out_of_range", "body.unresponsive_days"}},
		"waits backwards":   {func(s *store.Sequence) { s.UnresponsiveDays = -1 }, refusal{"out_of_range", "body.unresponsive_days"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := store.Sequence{Name: "A"}
			c.change(&in)
			_, err := db.CreateSequence(t.Context(), in, threeSteps())
			require.Equal(t, c.want, refusalOf(err), "%v", err)
		})
	}
	all, err := db.Sequences(t.Context(), store.Page{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, all)
}

func TestStepRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s []store.Step)
		want   refusal
	}{
		"unknown kind":         {func(s []store.Step) { s[1].Kind = "call" }, refusal{"step_kind_unknown", "body.steps[1].kind"}},
		"thread first":         {func(s []store.Step) { s[0].Thread = true }, refusal{"thread_without_mail", "body.steps[0].thread"}},
		"thread after a task":  {func(s []store.Step) { s[0] = store.Step{Kind: "task", Text: "x", ToHour: 1, StaleHours: 1} }, refusal{"thread_without_mail", "body.steps[2].thread"}},
		"mail without subject": {func(s []store.Step) { s[2].Thread = false }, refusal{"subject_missing", "body.steps[2].subject"}},
		"blank subject":        {func(s []store.Step) { s[0].Subject = " " }, refusal{"subject_missing", "body.steps[0].subject"}},
		"mail of HTML only":    {func(s []store.Step) { s[0].Text = "\n" }, refusal{"text_missing", "body.steps[0].text"}},
		"not UTF-8":            {func(s []store.Step) { s[0].HTML = "\xff" }, refusal{"not_utf8", "body.steps[0].html"}},
		"empty task":           {func(s []store.Step) { s[1].Text = " " }, refusal{"text_missing", "body.steps[1].text"}},
		"long task":            {func(s []store.Step) { s[1].Text = strings.Repeat("é", 10_001) }, refusal{"too_long", "body.steps[1].text"}},
		"NUL in a task":        {func(s []store.Step) { s[1].Text = "a\x00b" }, refusal{"control_character", "body.steps[1].text"}},
		"task with a subject":  {func(s []store.Step) { s[1].Subject = "x" }, refusal{"task_field_unused", "body.steps[1].subject"}},
		"task with HTML":       {func(s []store.Step) { s[1].HTML = "x" }, refusal{"task_field_unused", "body.steps[1].html"}},
		"task in a thread":     {func(s []store.Step) { s[1].Thread = true }, refusal{"task_field_unused", "body.steps[1].thread"}},
		"first after days":     {func(s []store.Step) { s[0].DelayDays = 1 }, refusal{"first_step_delayed", "body.steps[0].delay_days"}},
		"first after minutes":  {func(s []store.Step) { s[0].DelayMinutes = 1 }, refusal{"first_step_delayed", "body.steps[0].delay_minutes"}},
		"days and minutes":     {func(s []store.Step) { s[1].DelayMinutes = 1 }, refusal{"delay_twice", "body.steps[1].delay_minutes"}},
		"negative days":        {func(s []store.Step) { s[1].DelayDays = -1 }, refusal{"out_of_range", "body.steps[1].delay_days"}},
		"half a year":          {func(s []store.Step) { s[1].DelayDays = 181 }, refusal{"out_of_range", "body.steps[1].delay_days"}},
		"more than a day":      {func(s []store.Step) { s[2].DelayMinutes = 1441 }, refusal{"out_of_range", "body.steps[2].delay_minutes"}},
		"from 24":              {func(s []store.Step) { s[1].FromHour = 24 }, refusal{"out_of_range", "body.steps[1].from_hour"}},
		"to 0":                 {func(s []store.Step) { s[1].ToHour = 0 }, refusal{"out_of_range", "body.steps[1].to_hour"}},
		"no hours":             {func(s []store.Step) { s[1].FromHour = 17 }, refusal{"hours_empty", "body.steps[1].to_hour"}},
		"stale at once":        {func(s []store.Step) { s[1].StaleHours = 0 }, refusal{"out_of_range", "body.steps[1].stale_hours"}},
		"never stale":          {func(s []store.Step) { s[1].StaleHours = 721 }, refusal{"out_of_range", "body.steps[1].stale_hours"}},
	} {
		t.Run(name, func(t *testing.T) {
			steps := threeSteps()
			c.change(steps)
			require.Equal(t, c.want, refusalOf(store.CheckSteps(steps)))
		})
	}
	require.NoError(t, store.CheckSteps(threeSteps()))
	many := slices.Repeat(threeSteps()[:1], 30)
	require.NoError(t, store.CheckSteps(many))
	require.Equal(t, refusal{"too_many_steps", "body.steps"}, refusalOf(store.CheckSteps(append(many, many[0]))))
	require.Equal(t, refusal{"steps_missing", "body.steps"}, refusalOf(store.CheckSteps(nil)))
}
