package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/mail"
	"rondo/activities/store"
)

// Everything that may happen to a contact happens to the same few at the same time: answers of colleagues, the link to
// unsubscribe, bounces, the blacklist, a step under way, and admins who change all of them at once. Nobody is refused
// because two of these wait for each other.
func TestWhateverHappensToAContactAtOnceNeverDeadlocks(t *testing.T) {
	const rounds, each = 40, 4
	second := store.Step{Kind: store.MailStep, Text: "Again", Thread: true, DelayDays: 1, ToHour: 24, StaleHours: 24}
	o := setupOutreach(t, rounds*(each+1), []store.Sender{office(1000, 10_000), office(1000, 10_000)}, letter("Hello"), second)
	ctx := context.Background()
	o.exec(`UPDATE people SET attributes = jsonb_build_object('company', 'c' || (id - 1) / $1::int), timezone = (ARRAY['', 'Asia/Kolkata', 'Europe/Paris'])[1 + id % 3]`, each)
	var err error
	o.sequence, err = o.UpdateSequence(ctx, o.sequence.ID, o.sequence.Version, func(s *store.Sequence) { s.StopOnCompany = true }, nil)
	require.NoError(t, err)
	all := o.engage(o.draft(1, rounds*each, func(b *store.Batch) { b.Start = "at_once" }))
	batch := all[1].BatchID
	o.exec(`UPDATE enrollments SET due_at = now()`)
	list, _, err := o.PutHolidayList(ctx, 0, 0, "Feasts", nil)
	require.NoError(t, err)
	o.exec(`UPDATE senders SET holiday_list_id = $1`, list.ID)

	r := rand.New(rand.NewPCG(7, 7))
	for round := range rounds {
		var people, ids, messages []int64
		for i := range int64(each) {
			person := int64(round*each) + i + 1
			people, ids = append(people, person), append(ids, all[person].ID)
			if turn, err := o.TakeStep(ctx, all[person].ID, uuid.NewString(), time.Hour); err == nil && turn.Mail != nil {
				_, err = o.StepSent(ctx, *turn.Mail, "x")
				require.NoError(t, err)
				messages = append(messages, turn.Mail.Message)
			}
		}
		o.exec(`UPDATE enrollments SET due_at = now() WHERE id = ANY ($1)`, ids)
		var events []store.Event
		for i, m := range messages {
			events = append(events, store.Event{Message: m, Kind: store.Bounced, At: time.Now(), Address: o.email(people[i]), Stops: store.ByBounce})
		}
		draft := o.draft(int64(rounds*each+round+1), int64(rounds*each+round+1), func(b *store.Batch) { b.Start = "at_once" })
		shown := o.preview(draft)
		does := []func() error{
			func() error {
				_, _, err := o.EngageBatch(ctx, draft.ID, draft.Version, shown.AsOf, "", true, mail.Needs)
				return err
			},
			func() error {
				s, err := o.Sender(ctx, o.senders[1])
				if err == nil {
					s.PerHour, s.FromHour = 20+round, 9+round%4
					_, err = o.PutSender(ctx, s.UserID, s.Version, s)
				}
				return err
			},
			func() error {
				_, _, err := o.PutHolidayList(ctx, list.ID, int64(round)+1, list.Name, map[calendar.Date]string{calendar.WallOf(o.clock.Now.AddDate(0, 0, 1+round%3), time.UTC).Date(): "Feast"})
				return err
			},
			func() error {
				s, err := o.Sequence(ctx, o.sequence.ID)
				if err == nil {
					_, err = o.UpdateSequence(ctx, s.ID, s.Version, func(s *store.Sequence) { s.Name, s.ContactToHour = fmt.Sprint(round), 20+round%4 }, nil)
				}
				return err
			},
			func() error { return o.say(people[1], ids[1], "unsubscribe") },
			func() error { return o.say(people[2], ids[2], "negative") },
			func() error { return o.say(people[0], ids[0], "reply") },
			func() error { return o.say(people[3], ids[3], "reply") },
			func() error { _, err := o.ApplyEvents(ctx, events); return err },
			func() error { _, err := o.BlacklistPerson(ctx, people[1], store.ByUnsubscribe, ""); return err },
			func() error { _, _, err := o.AddBlacklisted(ctx, "address", o.email(people[2]), ""); return err },
			func() error {
				_, _, err := o.AddBlacklisted(ctx, "domain", o.email(people[0])[len("p1@"):], "")
				return err
			},
			func() error { _, _, err := o.DeactivatePerson(ctx, people[3]); return err },
			func() error { _, _, err := o.ErasePerson(ctx, store.ErasureKey{}, people[2]); return err },
			func() error {
				_, err := o.ReassignEnrollments(ctx, store.EnrollmentFilter{Batch: batch}, o.senders[round%2])
				return err
			},
			func() error {
				_, _, err := o.PauseEnrollments(ctx, store.EnrollmentFilter{Sequence: o.sequence.ID}, nil, 0)
				return err
			},
			func() error { _, err := o.ResumeEnrollments(ctx, store.EnrollmentFilter{Batch: batch}); return err },
			func() error { _, _, err := o.MigrateBatch(ctx, batch, 1); return err },
			func() error { return o.MarkStarted(ctx, ids) },
			func() error { _, err := o.ResumeSender(ctx, o.senders[0]); return err },
		}
		for i := range 2 * each {
			does = append(does, func() error {
				turn, err := o.TakeStep(ctx, ids[i%each], uuid.NewString(), time.Hour)
				if err == nil && turn.Mail != nil {
					_, err = o.StepSent(ctx, *turn.Mail, "x")
				}
				return err
			})
		}
		r.Shuffle(len(does), func(i, j int) { does[i], does[j] = does[j], does[i] })
		var wg sync.WaitGroup
		for _, do := range does {
			wg.Go(func() {
				err := do()
				if f := store.AsFault(err); err != nil && (f.Kind == fault.Internal || f.Kind == fault.Unavailable) {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		wg.Wait()
	}
}

// say is what a contact answers.
func (o *outreach) say(person, enrollment int64, kind string) error {
	_, _, err := o.Respond(context.Background(), store.Response{Enrollment: enrollment, Key: fmt.Sprint(person, kind), Kind: kind})
	return err
}

func (o *outreach) email(person int64) string { return fmt.Sprintf("p%d@d%d.example", person, person) }
