package pairing

import (
	"context"
	"time"
)

// play is a simulation on its way.
type play struct {
	Scenario
	lobby  *Lobby
	actors map[int64]*actor
	plan   [][]Action // what happens, by tick
	begun  int        // ticks so far
	calls  []call     // by number, from 1
	asked  time.Duration
	rooms  []Proposal // that will exist at the next tick
}

// actor is somebody in the play. Instants are since the start.
type actor struct {
	whim
	guest      Attendee
	mute       bool
	came, gone time.Duration // gone is the end of the session if they stay
	state      State
	since      time.Duration // in the state
	credit     time.Duration // that the present wait began with
	waiting    time.Duration // all waits so far, without credit
	waits      []time.Duration
	vain       int // of the waits, those without a meeting
	met        int // meetings in which all had media
}

// call is a meeting in the log. Instants are since the start.
type call struct {
	no       int
	proposed time.Duration
	made     time.Duration
	started  time.Duration // -1: never
	extended bool
	relaxed  []string
	seats    []seat
}

type seat struct {
	person int64
	waited time.Duration
	left   time.Duration // -1: still in it
}

// salt separates the whims of people from the choices of the lobby, which has the same seed.
const salt = 0x73696d756c617465

func newPlay(s Scenario) *play {
	// After the end the last meetings go on, which begin late and are extended at most.
	most := s.Duration + ConnectWithin + s.Length*3/2
	p := &play{
		Scenario: s, actors: make(map[int64]*actor, len(s.Guests)), plan: make([][]Action, most/SimulationTick+3),
	}
	p.lobby = NewLobby(Settings{
		Rules: s.Rules, Length: s.Length, Extension: s.Extension > 0, EndsAt: s.Starts.Add(s.Duration), Pairs: true,
	}, s.Seed, s.Known.clone(), nil, nil, 0)
	for _, g := range s.Guests {
		a := &actor{whim: whim{seed: mix(s.Seed ^ salt), person: g.Person}, guest: g, gone: s.Duration}
		a.mute = a.happens(s.Mute)
		a.came = a.within(s.Arrive)
		leaves := a.happens(s.Leave)
		early := a.within(max(s.Duration-a.came, 0))
		p.actors[g.Person] = a
		p.at(a.came, Action{Kind: Enter, Person: g.Person, Newcomer: g}, Action{Kind: IsReady, Person: g.Person})
		if leaves {
			a.gone = a.came + early
			p.at(a.gone, Action{Kind: Exit, Person: g.Person})
		}
	}
	return p
}

// at plans actions for an instant since the start: the first tick from then on that has not begun. What would be after the last
// is left out.
func (p *play) at(t time.Duration, actions ...Action) {
	if tick := max(int((t+SimulationTick-1)/SimulationTick), p.begun); tick < len(p.plan) {
		p.plan[tick] = append(p.plan[tick], actions...)
	}
}

// run does what the activity that owns a lobby does, turn by turn.
func (p *play) run(ctx context.Context) error {
	for tick := range p.plan {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.begun = tick + 1
		t := time.Duration(tick) * SimulationTick
		now := p.Starts.Add(t)
		for _, a := range p.plan[tick] {
			p.lobby.Apply(now, a)
		}
		p.plan[tick] = nil
		for _, room := range p.rooms {
			p.lobby.Made(now, room)
		}
		p.lobby.Pass(now)
		if p.lobby.Changed() {
			p.heed(t, p.lobby.Take())
		}
		p.rooms, p.asked = p.lobby.Propose(now), t //nolint:contextcheck // pairs of a moment are milliseconds: it takes no context
		if t >= p.Duration && len(p.rooms) == 0 && p.lobby.Idle() {
			break
		}
	}
	for _, a := range p.actors {
		if a.state == Ready && a.since < p.Duration {
			a.waited(p.Duration)
			a.vain++
		}
	}
	return nil
}

// heed takes down what has changed, and plans what people do about it.
func (p *play) heed(t time.Duration, c Changes) {
	for _, m := range c.Meetings {
		if m.No > len(p.calls) {
			// A room that nobody was left for took a number too.
			p.calls = append(p.calls, make([]call, m.No-len(p.calls))...)
		}
		log := &p.calls[m.No-1]
		if log.no == 0 {
			*log = call{no: m.No, proposed: p.asked, made: t, started: -1, relaxed: m.Relaxed}
			for _, x := range m.Members {
				log.seats = append(log.seats, seat{x.Person, x.Waited, -1})
				if a := p.actors[x.Person]; !a.mute {
					p.at(t+p.Connect/2+a.within(p.Connect), Action{Kind: Media, Person: x.Person, Meeting: m.No})
				}
			}
		}
		if log.started < 0 && !m.StartedAt.IsZero() {
			log.started = t
			for _, x := range m.Members {
				if x.Open {
					p.actors[x.Person].met++
				}
			}
			p.perhapsExtend(m)
		}
		log.extended = m.Extended
		for i, x := range m.Members {
			if !x.Open && log.seats[i].left < 0 {
				log.seats[i].left = t
			}
		}
	}
	for _, x := range c.People {
		p.becomes(t, p.actors[x.Person], x)
	}
}

// perhapsExtend lets all in a meeting want more of it, or nobody.
func (p *play) perhapsExtend(m Meeting) {
	dice := whim{seed: mix(p.Seed ^ salt), person: -int64(m.No)}
	if !dice.happens(p.Extension) {
		return
	}
	for _, x := range m.Members {
		p.at(m.EndsAt.Sub(p.Starts)-OfferExtension/2, Action{Kind: Extend, Person: x.Person, Meeting: m.No})
	}
}

// becomes notes the state of somebody. Who comes out of a meeting thinks, and gets ready again.
func (p *play) becomes(t time.Duration, a *actor, x Attendee) {
	if x.State == a.state {
		return
	}
	if a.state == Ready {
		a.waited(t)
		if x.State != InMeeting {
			a.vain++
		}
	}
	if a.state == InMeeting && x.State == InLobby {
		p.at(t+a.exponential(p.Think), Action{Kind: IsReady, Person: a.person})
	}
	if x.State == Ready {
		a.credit = t - x.ReadyAt.Sub(p.Starts)
	}
	a.state, a.since = x.State, t
}

// waited notes a wait that is over.
func (a *actor) waited(t time.Duration) {
	a.waiting += t - a.since
	a.waits = append(a.waits, t-a.since+a.credit)
}
