package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/fault"
	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

// refusal is what a wrong input is answered with.
type refusal struct{ Code, Location string }

func refusalOf(err error) refusal {
	f := fault.From(err)
	if len(f.Fields) == 0 {
		return refusal{Code: f.Code}
	}
	return refusal{f.Code, f.Fields[0].Location}
}

// mailbox is right in every field.
func mailbox(address string) store.Sender {
	return store.Sender{
		Address: address, Timezone: "Europe/Paris", Days: []int32{1, 2, 3, 4, 5}, FromHour: 9, ToHour: 18, PerHour: 50, PerDay: 400,
	}
}

func newUser(t *testing.T, db *store.DB, address string) int64 {
	t.Helper()
	u, err := db.CreateUser(t.Context(), address, "", "")
	require.NoError(t, err)
	return u.ID
}

func TestPutSender(t *testing.T) {
	db := storetest.New(t)
	ctx := t.Context()
	ada, bob := newUser(t, db, "ada@corp.example"), newUser(t, db, "bob@corp.example")
	list, _, err := db.PutHolidayList(ctx, 0, 0, "FR", nil)
	require.NoError(t, err)
	day := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	in := store.Sender{
		Address: " Ada@Mail.Example ", Name: "Ada", Timezone: "Europe/Paris", Days: []int32{4, 0, 2}, FromHour: 8, ToHour: 24,
		HolidayListID: &list.ID, PerHour: 10, PerDay: 100, MinGapS: 90, RampSince: &day, RampFirst: 20, RampStep: 5, PerDomain: 3, PerCompany: 2,
	}
	s, err := db.PutSender(ctx, ada, 0, in)
	require.NoError(t, err)
	require.NotZero(t, s.CreatedAt)
	want := in
	want.UserID, want.Address, want.Days, want.Version, want.CreatedAt = ada, "ada@mail.example", []int32{0, 2, 4}, 1, s.CreatedAt
	require.Equal(t, want, s)
	require.Equal(t, []int32{4, 0, 2}, in.Days, "the caller's slice is left alone")

	for _, c := range []struct {
		user, version int64
		in            store.Sender
		want          string
	}{
		{ada, 0, in, "sender_exists"},
		{ada, 2, in, "stale_version"},
		{bob, 1, in, "sender_not_found"},
		{bob, 0, in, "address_taken"},
		{99, 0, mailbox("x@mail.example"), "user_not_found"},
	} {
		_, err := db.PutSender(ctx, c.user, c.version, c.in)
		require.Equal(t, c.want, faultCode(err), "%v", err)
	}
	again, err := db.PutSender(ctx, ada, 1, mailbox("ada@mail.example"))
	require.NoError(t, err)
	require.EqualValues(t, 2, again.Version)
	require.Nil(t, again.RampSince)
	require.Nil(t, again.HolidayListID)
	read, err := db.Sender(ctx, ada)
	require.NoError(t, err)
	require.Equal(t, again, read)

	_, err = db.PutSender(ctx, bob, 0, mailbox("bob@mail.example"))
	require.NoError(t, err)
	page, err := db.Senders(ctx, store.Page{After: ada, Limit: 10})
	require.NoError(t, err)
	require.Len(t, page, 1)
	require.Equal(t, bob, page[0].UserID)
}

func TestADeletedSenderIsMadeAnew(t *testing.T) {
	db := storetest.New(t)
	ctx := t.Context()
	ada, bob := newUser(t, db, "ada@corp.example"), newUser(t, db, "bob@corp.example")
	_, err := db.PutSender(ctx, ada, 0, mailbox("ada@mail.example"))
	require.NoError(t, err)
	_, err = db.Pool().Exec(ctx, `UPDATE senders SET deleted_at = now(), paused_at = now(), halted_at = now(), version = 7`)
	require.NoError(t, err)

	_, err = db.Sender(ctx, ada)
	require.Equal(t, "sender_not_found", faultCode(err))
	page, err := db.Senders(ctx, store.Page{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, page)
	_, err = db.PutSender(ctx, ada, 7, mailbox("ada@mail.example"))
	require.Equal(t, "sender_not_found", faultCode(err))
	_, err = db.PutSender(ctx, bob, 0, mailbox("ada@mail.example"))
	require.Equal(t, "address_taken", faultCode(err))

	s, err := db.PutSender(ctx, ada, 0, mailbox("ada@mail.example"))
	require.NoError(t, err)
	require.EqualValues(t, 8, s.Version, "an ETag of the deleted one is never right again")
	require.Nil(t, s.DeletedAt)
	require.Nil(t, s.PausedAt)
	require.NotNil(t, s.HaltedAt, "its bounces are not forgiven")
}

func TestAReplacedSenderStaysPaused(t *testing.T) {
	db := storetest.New(t)
	ada := newUser(t, db, "ada@corp.example")
	_, err := db.PutSender(t.Context(), ada, 0, mailbox("ada@mail.example"))
	require.NoError(t, err)
	_, err = db.Pool().Exec(t.Context(), `UPDATE senders SET paused_at = now()`)
	require.NoError(t, err)
	s, err := db.PutSender(t.Context(), ada, 1, mailbox("ada@mail.example"))
	require.NoError(t, err)
	require.NotNil(t, s.PausedAt)
}

func TestOneSenderIsMadeByManyAtOnce(t *testing.T) {
	db := storetest.New(t)
	ada := newUser(t, db, "ada@corp.example")
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { _, errs[i] = db.PutSender(t.Context(), ada, 0, mailbox("ada@mail.example")) })
	}
	all.Wait()
	codes := map[string]int{}
	for _, err := range errs {
		codes[faultCode(err)]++
	}
	require.Equal(t, map[string]int{"": 1, "sender_exists": 7}, codes)
}

func TestSenderRefusals(t *testing.T) {
	db := storetest.New(t)
	ada := newUser(t, db, "ada@corp.example")
	day := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		change func(s *store.Sender)
		want   refusal
	}{
		"no address":        {func(s *store.Sender) { s.Address = "" }, refusal{"email_required", "body.address"}},
		"bad address":       {func(s *store.Sender) { s.Address = "ada" }, refusal{"email_invalid", "body.address"}},
		"name of two lines": {func(s *store.Sender) { s.Name = "a\r\nBcc: b" }, refusal{"control_character", "body.name"}},
		"no zone":           {func(s *store.Sender) { s.Timezone = "" }, refusal{"timezone_unknown", "body.timezone"}},
		"unknown zone":      {func(s *store.Sender) { s.Timezone = "Mars/Olympus" }, refusal{"timezone_unknown", "body.timezone"}},
		"no day":            {func(s *store.Sender) { s.Days = nil }, refusal{"days_missing", "body.days"}},
		"day 7":             {func(s *store.Sender) { s.Days = []int32{1, 7} }, refusal{"day_unknown", "body.days[1]"}},
		"day -1":            {func(s *store.Sender) { s.Days = []int32{-1} }, refusal{"day_unknown", "body.days[0]"}},
		"a day twice":       {func(s *store.Sender) { s.Days = []int32{1, 2, 1} }, refusal{"day_repeated", "body.days[2]"}},
		"from 24":           {func(s *store.Sender) { s.FromHour = 24 }, refusal{"out_of_range", "body.from_hour"}},
		"to 25":             {func(s *store.Sender) { s.ToHour = 25 }, refusal{"out_of_range", "body.to_hour"}},
		"to 0":              {func(s *store.Sender) { s.ToHour = 0 }, refusal{"out_of_range", "body.to_hour"}},
		"no hours":          {func(s *store.Sender) { s.FromHour, s.ToHour = 9, 9 }, refusal{"hours_empty", "body.to_hour"}},
		"none an hour":      {func(s *store.Sender) { s.PerHour = 0 }, refusal{"out_of_range", "body.per_hour"}},
		"many an hour":      {func(s *store.Sender) { s.PerHour = 1001 }, refusal{"out_of_range", "body.per_hour"}},
		"none a day":        {func(s *store.Sender) { s.PerDay = 0 }, refusal{"out_of_range", "body.per_day"}},
		"many a day":        {func(s *store.Sender) { s.PerDay = 10_001 }, refusal{"out_of_range", "body.per_day"}},
		"negative gap":      {func(s *store.Sender) { s.MinGapS = -1 }, refusal{"out_of_range", "body.min_gap_seconds"}},
		"long gap":          {func(s *store.Sender) { s.MinGapS = 3601 }, refusal{"out_of_range", "body.min_gap_seconds"}},
		"domain cap":        {func(s *store.Sender) { s.PerDomain = -1 }, refusal{"out_of_range", "body.per_domain"}},
		"company cap":       {func(s *store.Sender) { s.PerCompany = 10_001 }, refusal{"out_of_range", "body.per_company"}},
		"ramp undated":      {func(s *store.Sender) { s.RampFirst, s.RampStep = 1, 1 }, refusal{"ramp_incomplete", "body.ramp.since"}},
		"ramp from nothing": {func(s *store.Sender) { s.RampSince, s.RampStep = &day, 1 }, refusal{"ramp_incomplete", "body.ramp.first"}},
		"ramp without step": {func(s *store.Sender) { s.RampSince, s.RampFirst = &day, 1 }, refusal{"ramp_incomplete", "body.ramp.step"}},
		"ramp downwards":    {func(s *store.Sender) { s.RampSince, s.RampFirst, s.RampStep = &day, 9, -1 }, refusal{"out_of_range", "body.ramp.step"}},
		"holidays":          {func(s *store.Sender) { s.HolidayListID = ptr(int64(99)) }, refusal{"holiday_list_unknown", "body.holiday_list_id"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := mailbox("ada@mail.example")
			c.change(&in)
			_, err := db.PutSender(t.Context(), ada, 0, in)
			require.Equal(t, c.want, refusalOf(err), "%v", err)
		})
	}
	_, err := db.Sender(t.Context(), ada)
	require.Equal(t, "sender_not_found", faultCode(err))
}
