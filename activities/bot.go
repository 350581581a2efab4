package activities

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/activity"

	"rondo/activities/pairing"
	"rondo/activities/store"
	"rondo/activities/video"
	"rondo/workflows"
)

const (
	botTick     = 500 * time.Millisecond
	botSeen     = 5 * time.Second  // as often as pages are noted
	botPatience = 3 * time.Second  // that people have to be paired with each other before the bot gets ready for one of them
	botReady    = 2 * time.Second  // for which it then is, at most
	botAgain    = 10 * time.Second // before it is ready for the same one again
	botAnswer   = 1500 * time.Millisecond
)

// PlayBot is the bot of a session: a partner with a moving picture, so that one person can test alone. It waits like everybody
// and asks for nothing. So that it does not take anybody's partner away, it gets ready only when somebody has waited for
// botPatience, and not for long: whoever may not meet it does not keep it among those who wait.
func (a *Activities) PlayBot(ctx context.Context, in workflows.Ref) (workflows.BotEnd, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b := &bot{DB: a.DB, video: a.Video, session: in.ID, tab: uuid.NewString(), due: map[int64]time.Time{}}
	defer b.hangUp()
	tick := time.NewTicker(botTick)
	defer tick.Stop()
	stopping := activity.GetWorkerStopChannel(ctx)
	for {
		activity.RecordHeartbeat(ctx)
		look, err := a.DB.BotLook(ctx, in.ID, botAnswer)
		if err != nil {
			return workflows.BotEnd{}, again(err)
		}
		if look.Bot == 0 || look.Phase == store.SessionClosed || look.Phase == store.SessionCancelled {
			return workflows.BotEnd{Version: look.Version}, nil
		}
		if err := b.turn(ctx, time.Now(), look); err != nil && !store.AsFault(err).Permanent() { // why it is refused, the next look says
			return workflows.BotEnd{}, again(err)
		}
		select {
		case <-ctx.Done():
			return workflows.BotEnd{}, ctx.Err()
		case <-stopping:
			return workflows.BotEnd{}, errStopping
		case <-tick.C:
		}
	}
}

type bot struct {
	*store.DB
	video           *video.LiveKit
	session, person int64
	tab             string
	entered         int64               // the version of the session as of which it has come in
	seen            time.Time           // when its presence was last noted
	due             map[int64]time.Time // who waits, and from when on the bot gets ready for them
	until           time.Time           // how long it is ready
	asked           time.Time           // when somebody wanted to extend the meeting; zero: nobody does
	call            *botCall
}

// botCall is a visit to the room of a meeting.
type botCall struct {
	no   int
	stop context.CancelFunc
	over chan struct{}
}

func (b *bot) turn(ctx context.Context, now time.Time, look store.BotLook) error {
	if b.person != look.Bot { // an erased one has a successor
		b.hangUp()
		b.person = look.Bot
	}
	if now.Sub(b.seen) >= botSeen {
		if err := b.Seen(ctx, b.session, []int64{b.person}); err != nil {
			return err
		}
		b.seen = now
	}
	view, err := b.RoomView(ctx, b.session, b.person)
	if err != nil {
		return err
	}
	if b.entered != look.Version || view.State == "" || view.State == pairing.Exited { // its ticket may be of another type now
		a := store.SessionAction{Session: b.session, Person: b.person, Key: uuid.NewString(), Kind: pairing.Enter, Tab: b.tab}
		if err := b.EnterSession(ctx, a); err != nil {
			return err
		}
		b.entered = look.Version
	}
	if err := b.attend(ctx, now, view); err != nil {
		return err
	}
	if err := b.getReady(ctx, now, view.State, look); err != nil {
		return err
	}
	for _, other := range look.Asking {
		if err := b.Connect(ctx, b.session, b.person, other); err != nil {
			return err
		}
	}
	return nil
}

func (b *bot) act(ctx context.Context, kind pairing.Kind, meeting int) error {
	return b.AddActions(ctx, []store.SessionAction{
		{Session: b.session, Person: b.person, Key: uuid.NewString(), Kind: kind, Meeting: meeting, Tab: b.tab},
	})
}

// attend is in the room of the open meeting, if there is one, and agrees to extend it.
func (b *bot) attend(ctx context.Context, now time.Time, view store.RoomView) error {
	m := view.Meeting
	if b.call != nil && (m == nil || b.call.no != m.No || b.call.ended()) {
		b.hangUp()
	}
	if m == nil {
		return nil
	}
	if b.call == nil {
		b.join(ctx, m.No, view.Name)
	}
	switch asked := slices.ContainsFunc(m.Others, func(p store.RoomPartner) bool { return p.Extend == "yes" }); {
	case !asked || m.Extend != "":
		b.asked = time.Time{}
	case b.asked.IsZero():
		b.asked = now
	case now.Sub(b.asked) >= botAnswer:
		return b.act(ctx, pairing.Extend, m.No)
	}
	return nil
}

// join goes to a meeting. That its media is there it says itself: LiveKit's word may be lost, and the lobby looks only now and
// then.
func (b *bot) join(ctx context.Context, no int, name string) {
	ctx, cancel := context.WithCancel(ctx)
	call := &botCall{no: no, stop: cancel, over: make(chan struct{})}
	b.call = call
	go func() {
		defer close(call.over)
		err := b.video.Join(ctx, video.RoomName(b.session, no), b.person, name, func() { _ = b.act(ctx, pairing.Media, no) })
		if err != nil && ctx.Err() == nil { // it is tried again while the meeting is open
			activity.GetLogger(ctx).Warn("the bot does not get into its meeting", "session", b.session, "meeting", no, "error", store.AsFault(err).Code)
		}
	}()
}

func (c *botCall) ended() bool {
	select {
	case <-c.over:
		return true
	default:
		return false
	}
}

// hangUp leaves the room that the bot is in.
func (b *bot) hangUp() {
	if b.call == nil {
		return
	}
	b.call.stop()
	<-b.call.over
	b.call, b.asked = nil, time.Time{}
}

// getReady waits to be paired while somebody needs a partner.
func (b *bot) getReady(ctx context.Context, now time.Time, state pairing.State, look store.BotLook) error {
	waiting := look.Waiting
	if !look.Pairs {
		waiting = nil
	}
	for person := range b.due {
		if !slices.Contains(waiting, person) {
			delete(b.due, person)
		}
	}
	needed := false
	for _, person := range waiting {
		due, known := b.due[person]
		switch {
		case !known:
			b.due[person] = now.Add(botPatience)
		case state == pairing.InLobby && !now.Before(due):
			b.due[person] = now.Add(botReady + botAgain)
			needed = true
		}
	}
	switch {
	case needed:
		b.until = now.Add(botReady)
		return b.act(ctx, pairing.IsReady, 0)
	case state == pairing.Ready && (len(waiting) == 0 || !now.Before(b.until)):
		return b.act(ctx, pairing.Unready, 0)
	}
	return nil
}
