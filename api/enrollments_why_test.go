package api

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/calendar"
	"rondo/activities/store"
)

// TestWhyEnumerated makes a contact for every reason why somebody has not been written to yet, at the beginning, in the
// middle and at the end of an hour.
func TestWhyEnumerated(t *testing.T) {
	for _, past := range []time.Duration{0, 10 * time.Minute, 59*time.Minute + 11*time.Second, time.Hour - 10*time.Millisecond} {
		t.Run(past.String(), func(t *testing.T) { enumerateWhy(t, campaignAt(t, past)) })
	}
}

func enumerateWhy(t *testing.T, d *campaign) {
	db := d.server.store
	ctx := t.Context()
	hour := time.Hour
	inAnHour := d.clock.Now.Add(hour)
	seen := map[string]bool{}

	// first and second to be written to by a sender with limits.
	pair := func(change func(*store.Sender), attributes map[string]string) []store.Enrollment {
		return d.engage(d.sequence(steps()...), d.mailbox(change), d.people(2, attributes), nil)
	}
	// planned is the one of n contacts that comes last by the plan.
	planned := func(n int, change func(*store.Sender), batch func(*store.Batch), attributes map[string]string) store.Enrollment {
		all := d.engage(d.sequence(steps()...), d.mailbox(change), d.people(n, attributes), batch)
		return all[n-1]
	}
	// refused is one that was due and not licensed, after another that was.
	refused := func(change func(*store.Sender), attributes map[string]string) store.Enrollment {
		two := pair(change, attributes)
		d.send(two[0].ID)
		require.Nil(t, d.take(two[1].ID).Mail)
		return d.read(two[1].ID)
	}
	company := map[string]string{"company": "Acme  Ltd"}

	for _, c := range []struct {
		name, code string
		text       string // a part of it
		made       func() store.Enrollment
	}{
		{"replied", store.WhyOver, "replied", func() store.Enrollment {
			e := d.one()
			_, _, err := db.Respond(ctx, store.Response{Enrollment: e.ID, Key: "k", Kind: "reply"})
			require.NoError(t, err)
			return e
		}},
		{"stopped by hand", store.WhyOver, "stopped by hand", func() store.Enrollment {
			e := d.one()
			_, err := db.StopEnrollments(ctx, store.EnrollmentFilter{IDs: []int64{e.ID}}, 0)
			require.NoError(t, err)
			return e
		}},
		{"no text", store.WhyOver, "text_not_rendered", func() store.Enrollment {
			e := d.one()
			_, err := db.StepFailed(ctx, *d.take(e.ID).Mail, "text_not_rendered")
			require.NoError(t, err)
			return e
		}},
		{"paused", store.WhyPaused, "until it is resumed", func() store.Enrollment {
			e := d.one()
			_, _, err := db.PauseEnrollments(ctx, store.EnrollmentFilter{IDs: []int64{e.ID}}, nil, 0)
			require.NoError(t, err)
			return e
		}},
		{"paused until", store.WhyPaused, "by hand until", func() store.Enrollment {
			e := d.one()
			_, _, err := db.PauseEnrollments(ctx, store.EnrollmentFilter{IDs: []int64{e.ID}}, &inAnHour, 0)
			require.NoError(t, err)
			return e
		}},
		{"out of office", store.WhyOutOfOffice, "out of office", func() store.Enrollment {
			e := d.one()
			_, _, err := db.Respond(ctx, store.Response{Enrollment: e.ID, Key: "k", Kind: "out_of_office", Until: calendar.WallOf(inAnHour.AddDate(0, 0, 2), time.UTC).Date()})
			require.NoError(t, err)
			return e
		}},
		{"all sent", store.WhyStopped, "An answer has time until", func() store.Enrollment {
			e := d.engage(d.sequence(steps()[0]), d.mailbox(nil), d.people(1, nil), nil)[0]
			return d.send(e.ID)
		}},
		{"a task", store.WhyTask, "Step 2 is a task for Sam", func() store.Enrollment {
			e := d.one()
			d.send(e.ID)
			return d.take(e.ID).Enrollment
		}},
		{"not started", store.WhyStart, "being engaged", func() store.Enrollment {
			e := d.one()
			d.exec(`UPDATE enrollments SET started_at = NULL WHERE id = $1`, e.ID)
			return e
		}},
		{"starts tomorrow", store.WhyStart, "Its batch starts on", func() store.Enrollment {
			return planned(1, nil, func(b *store.Batch) {
				wall := d.clock.Now.AddDate(0, 0, 1).Truncate(hour)
				b.Start, b.StartWall = "at", &wall
			}, nil)
		}},
		{"delay in days", store.WhyDelay, "Step 2 comes 2 working days after the step before", func() store.Enrollment {
			s := steps()
			e := d.engage(d.sequence(s[0], s[2]), d.mailbox(nil), d.people(1, nil), nil)[0]
			return d.send(e.ID)
		}},
		{"delay in minutes", store.WhyDelay, "30 minutes", func() store.Enrollment {
			s := steps()
			e := d.engage(d.sequence(s[0], s[3]), d.mailbox(nil), d.people(1, nil), nil)[0]
			return d.send(e.ID)
		}},
		{"delay of a task", store.WhyDelay, "Step 2 comes a working day", func() store.Enrollment {
			s := steps()
			s[1].DelayDays = 1
			e := d.engage(d.sequence(s[0], s[1]), d.mailbox(nil), d.people(1, nil), nil)[0]
			return d.send(e.ID)
		}},
		{"slot", store.WhySlot, "waits for its slot", func() store.Enrollment {
			return planned(1, func(s *store.Sender) { s.PerHour = 1 }, func(b *store.Batch) { b.Start = "next_slot" }, nil)
		}},
		{"before the hours", store.WhyHours, "outside the hours", func() store.Enrollment {
			return planned(1, func(s *store.Sender) { s.FromHour, s.ToHour = 15, 16 }, func(b *store.Batch) { b.Start = "next_slot" }, nil)
		}},
		{"before the hours of the step", store.WhyHours, "outside the hours", func() store.Enrollment {
			s := steps()[0]
			s.FromHour, s.ToHour = 16, 17
			return d.engage(d.sequence(s), d.mailbox(nil), d.people(1, nil), nil)[0]
		}},
		{"holiday", store.WhyHoliday, "has a holiday", func() store.Enrollment {
			var list int64
			require.NoError(t, db.Pool().QueryRow(ctx, `WITH l AS (INSERT INTO holiday_lists (name) VALUES ('Today') RETURNING id)
				INSERT INTO holidays (list_id, day, name) SELECT id, $1, 'Feast' FROM l RETURNING list_id`, d.clock.Now.Format(time.DateOnly)).Scan(&list))
			return planned(1, func(s *store.Sender) { s.HolidayListID = &list }, nil, nil)
		}},
		{"evening of the contact", store.WhyContactHours, "the contact's own hours, 9:00 to 18:00 in Asia/Tokyo", func() store.Enrollment {
			return d.engage(d.daytime(), d.mailbox(nil), d.living("Asia/Tokyo"), nil)[0]
		}},
		{"evening of the contact when due", store.WhyContactHours, "the contact's own hours, 9:00 to 18:00 in Asia/Tokyo", func() store.Enrollment {
			e := d.engage(d.daytime(), d.mailbox(nil), d.living(""), nil)[0]
			d.exec(`UPDATE people SET timezone = 'Asia/Tokyo' WHERE id = $1`, e.PersonID)
			require.Nil(t, d.take(e.ID).Mail)
			return d.read(e.ID)
		}},
		{"pace of the batch", store.WhySpread, "begins no more contacts before", func() store.Enrollment {
			return planned(4, nil, func(b *store.Batch) { b.PerHour = 1 }, nil)
		}},
		{"hour full by the plan", store.WhyQuotaHour, "sends 1 mail an hour", func() store.Enrollment {
			return planned(4, func(s *store.Sender) { s.PerHour = 1 }, nil, nil)
		}},
		{"day full by the plan", store.WhyQuotaDay, "2 mails in 24 hours", func() store.Enrollment {
			return planned(4, func(s *store.Sender) { s.PerHour, s.PerDay = 60, 2 }, nil, nil)
		}},
		{"day full while it ramps", store.WhyQuotaDay, "ramp", func() store.Enrollment {
			return planned(3, func(s *store.Sender) {
				since := d.clock.Now.Truncate(24*hour).AddDate(0, 0, 2)
				s.RampSince, s.RampFirst, s.RampStep = &since, 1, 1
			}, nil, nil)
		}},
		{"gap by the plan", store.WhyGap, "leaves 3600 seconds", func() store.Enrollment {
			return planned(4, func(s *store.Sender) { s.MinGapS = 3600 }, nil, nil)
		}},
		{"domain full by the plan", store.WhyCapDomain, "to one domain", func() store.Enrollment {
			sender := d.mailbox(func(s *store.Sender) { s.PerDomain = 1 })
			people := d.people(2, nil)
			d.exec(`UPDATE people SET email = 'p' || id || '@same.example' WHERE id = ANY ($1)`, people)
			return d.engage(d.sequence(steps()...), sender, people, nil)[1]
		}},
		{"company full by the plan", store.WhyCapCompany, "to one company", func() store.Enrollment {
			return planned(2, func(s *store.Sender) { s.PerCompany = 1 }, nil, company)
		}},
		{"day full by the plan, and the rest of the hour taken", store.WhyQuotaDay, "20 mails in 24 hours", func() store.Enrollment {
			return planned(40, func(s *store.Sender) { s.PerHour, s.PerDay = 60, 20 }, nil, nil)
		}},
		{"hour full when due", store.WhyQuotaHour, "sends 1 mail an hour", func() store.Enrollment {
			return refused(func(s *store.Sender) { s.PerHour = 1 }, nil)
		}},
		{"day full when due", store.WhyQuotaDay, "1 mail in 24 hours", func() store.Enrollment {
			return refused(func(s *store.Sender) { s.PerDay = 1 }, nil)
		}},
		{"gap when due", store.WhyGap, "leaves 600 seconds", func() store.Enrollment {
			return refused(func(s *store.Sender) { s.MinGapS = 600 }, nil)
		}},
		{"company full when due", store.WhyCapCompany, "to one company", func() store.Enrollment {
			return refused(func(s *store.Sender) { s.PerCompany = 1 }, company)
		}},
		{"sender paused", store.WhySenderPaused, "is paused since", func() store.Enrollment {
			e := d.one()
			require.NoError(t, db.PauseSender(ctx, e.SenderID, 0))
			return e
		}},
		{"sender paused when due", store.WhySenderPaused, "is paused since", func() store.Enrollment {
			e := d.one()
			require.NoError(t, db.PauseSender(ctx, e.SenderID, 0))
			return d.take(e.ID).Enrollment
		}},
		{"sender deleted", store.WhySenderDeleted, "was deleted", func() store.Enrollment {
			e := d.one()
			_, err := db.DeleteSender(ctx, e.SenderID)
			require.NoError(t, err)
			return d.take(e.ID).Enrollment
		}},
		{"bounces", store.WhyBounces, "Too many mails of", func() store.Enrollment {
			e := d.one()
			d.exec(`UPDATE senders SET halted_at = now() WHERE user_id = $1`, e.SenderID)
			return e
		}},
		{"bounces when due", store.WhyBounces, "Too many mails of", func() store.Enrollment {
			e := d.one()
			d.exec(`UPDATE senders SET halted_at = now() WHERE user_id = $1`, e.SenderID)
			return d.take(e.ID).Enrollment
		}},
		{"being sent", store.WhySending, "is being handed to the provider", func() store.Enrollment {
			e := d.one()
			require.NotNil(t, d.take(e.ID).Mail)
			return e
		}},
		{"in doubt", store.WhyUnknown, "did not say", func() store.Enrollment {
			e := d.one()
			_, err := db.StepUnknown(ctx, *d.take(e.ID).Mail, hour)
			require.NoError(t, err)
			return e
		}},
		{"provider away", store.WhyProviderAway, "took no mails", func() store.Enrollment {
			e := d.one()
			_, err := db.StepLater(ctx, *d.take(e.ID).Mail, time.Minute)
			require.NoError(t, err)
			return e
		}},
		{"late", store.WhyLate, "Nothing ran", func() store.Enrollment {
			e := d.one()
			d.due(e.ID, hour)
			require.Nil(t, d.wake(e.ID).Mail)
			return e
		}},
		{"resumed too late", store.WhyStale, "resumed too late", func() store.Enrollment {
			s := steps()
			e := d.engage(d.sequence(s[0], s[2]), d.mailbox(nil), d.people(1, nil), nil)[0]
			d.send(e.ID)
			_, _, err := db.PauseEnrollments(ctx, store.EnrollmentFilter{IDs: []int64{e.ID}}, nil, 0)
			require.NoError(t, err)
			d.due(e.ID, 72*hour)
			_, err = db.ResumeEnrollments(ctx, store.EnrollmentFilter{IDs: []int64{e.ID}})
			require.NoError(t, err)
			return d.wake(e.ID).Enrollment
		}},
		{"snoozed", store.WhySnoozed, "wants no mail until", func() store.Enrollment {
			e := d.one()
			d.exec(`UPDATE people SET snoozed_until = now() + interval '5 days' WHERE id = $1`, e.PersonID)
			return e
		}},
		{"snoozed when due", store.WhySnoozed, "wanted no mail", func() store.Enrollment {
			e := d.one()
			d.exec(`UPDATE people SET snoozed_until = now() + interval '5 days' WHERE id = $1`, e.PersonID)
			d.take(e.ID)
			return e
		}},
		{"no slot within the horizon", store.WhyHorizon, "no slot for it within 6 months", func() store.Enrollment {
			s := steps()[0]
			s.FromHour, s.ToHour = 12, 14
			e := d.engage(d.sequence(s), d.mailbox(nil), d.people(1, nil), nil)[0]
			d.exec(`UPDATE senders SET from_hour = 20, to_hour = 22 WHERE user_id = $1`, e.SenderID)
			d.take(e.ID)
			return e
		}},
		{"nobody took it", store.WhyOverdue, "has not taken it yet", func() store.Enrollment {
			e := d.one()
			d.due(e.ID, time.Minute)
			return e
		}},
		{"nobody took the resumption", store.WhyOverdue, "has not taken it yet", func() store.Enrollment {
			e := d.one()
			_, _, err := db.PauseEnrollments(ctx, store.EnrollmentFilter{IDs: []int64{e.ID}}, nil, 0)
			require.NoError(t, err)
			_, err = db.ResumeEnrollments(ctx, store.EnrollmentFilter{IDs: []int64{e.ID}})
			require.NoError(t, err)
			return e
		}},
		{"resumed", store.WhySlot, "waits for its slot", func() store.Enrollment {
			e := d.one()
			_, _, err := db.PauseEnrollments(ctx, store.EnrollmentFilter{IDs: []int64{e.ID}}, nil, 0)
			require.NoError(t, err)
			_, err = db.ResumeEnrollments(ctx, store.EnrollmentFilter{IDs: []int64{e.ID}})
			require.NoError(t, err)
			return d.wake(e.ID).Enrollment
		}},
	} {
		seen[c.code] = true
		t.Run(c.name, func(t *testing.T) {
			inner := *d.fixture
			inner.t = t
			e := c.made()
			got := get[EnrollmentView](t, inner.call(Read, "GET", "/v1/enrollments/"+decimal(e.ID), nil), 200)
			require.Equal(t, c.code, got.Why.Code, "%+v", got)
			require.Contains(t, got.Why.Text, c.text)
			require.NotContains(t, got.Why.Text, "%!")
			require.Equal(t, e.SenderID, got.Why.SenderID)
			if got.DueAt != nil && got.State != "paused" && got.Why.At != nil && !strings.Contains(c.name, "bounces") && c.name != "snoozed" {
				require.WithinDuration(t, *got.DueAt, *got.Why.At, 0)
				require.Equal(t, "UTC", got.Due.Timezone)
			}
		})
	}
	field, _ := reflect.TypeFor[Why]().FieldByName("Code")
	require.ElementsMatch(t, store.WhyCodes, strings.Split(field.Tag.Get("enum"), ","))
	for _, code := range store.WhyCodes {
		require.Contains(t, seen, code, "no contact was made for this reason")
		require.Contains(t, whyHelp, "`"+code+"`")
	}
}

// daytime is a sequence whose contacts take mail from 9 to 18.
func (d *campaign) daytime() int64 {
	d.t.Helper()
	s, err := d.server.store.CreateSequence(d.t.Context(), store.Sequence{Name: d.name(), ContactFromHour: 9, ContactToHour: 18, UnresponsiveDays: 7}, steps())
	require.NoError(d.t, err)
	return s.ID
}

// living is somebody in a time zone.
func (d *campaign) living(zone string) []int64 {
	d.t.Helper()
	ids := d.people(1, nil)
	d.exec(`UPDATE people SET timezone = $2 WHERE id = $1`, ids[0], zone)
	return ids
}
