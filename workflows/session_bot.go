package workflows

import "go.temporal.io/sdk/workflow"

// sessionBot is the bot of a session, one activity beside the lobby.
type sessionBot struct {
	playing workflow.Future // nil: none
	stop    workflow.CancelFunc
	went    *int64 // the version of the session in which it went by itself
}

// follow lets the bot come and go as the row says. While the session ends it stays for its last meeting.
func (b *sessionBot) follow(ctx workflow.Context, ref Ref, p SessionPlan) {
	open := p.Phase == SessionDoors || p.Phase == SessionOpen
	switch {
	case b.playing != nil && (!p.Bot || p.Phase.Over()):
		b.stop()
	case b.playing == nil && p.Bot && open && (b.went == nil || *b.went < p.Version):
		playing, stop := workflow.WithCancel(ctx)
		b.playing, b.stop = PlayBot.start(playing, ref, "play the bot"), stop
	}
}

// ended hears that the bot is gone. One that went by itself or failed for good is asked again when the row has changed; the
// session goes on without it.
func (b *sessionBot) ended(ctx workflow.Context, f workflow.Future, p SessionPlan) {
	b.playing = nil
	var end BotEnd
	err := f.Get(ctx, &end)
	if permanent(err) {
		end.Version = p.Version
	}
	if err == nil || permanent(err) {
		b.went = &end.Version
	}
}
