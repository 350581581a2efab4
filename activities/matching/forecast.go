package matching

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
)

// MaxForecastRounds is how many rounds Predict looks ahead at most.
const MaxForecastRounds = 52

// InvalidRange is the code of a forecast for too many or too few rounds, or of a participation that is no share.
const InvalidRange InvalidCode = "range"

// ForecastOptions say what is assumed of the rounds to come.
type ForecastOptions struct {
	Rounds int // 1..MaxForecastRounds
	// Participation is how likely each member takes part in a round, whatever the others and the other rounds: above 0,
	// at most 1.
	Participation float64
}

// Forecast is what becomes of the next rounds if nothing else changes: one course of many, drawn from the seed.
type Forecast struct {
	Engine string
	Rounds []ForecastRound // in their order
	// FirstRepeat and FirstUnavoidable are the first round, from 1, with a repeat and with one that is proven
	// unavoidable; 0 is none.
	FirstRepeat, FirstUnavoidable int
	Starving                      []Starving // most often left out first, then by id
	// OddLeast and OddMost are how often those who took part at all were odd or left out, Problem.OddBefore included.
	OddLeast, OddMost int
}

// ForecastRound is one simulated round.
type ForecastRound struct {
	Participants int
	Grouped      int // of them, in a group or several; the others are Unmatched
	Groups       int
	Pairs        int // pairs of people who meet
	Repeats      int // of them, pairs who met before, whether or not a rule minds
	// Unavoidable is how many repeats there are at least in every answer that holds what outranks no_repeat (see the
	// package). It is 0 where nothing is proven.
	Unavoidable int
	Exact       bool        // see Result.Exact
	Broken      []int       // pairs that break the rule, by index in Problem.Rules
	Odd         []ID        // in groups that are not of the wanted size, ascending
	Unmatched   []Unmatched // by id
}

// Starving is a member who was left out.
type Starving struct {
	ID        ID
	TookPart  int // rounds
	Unmatched int // of them, in no group: 1..TookPart
}

// Predict simulates rounds one after the other: in each a share of the members takes part (of Fixed too), Solve makes
// the groups, and who met and who was odd is remembered for the next. Members, rules, wishes and never-pairs stay as
// they are; Pinned and Forbidden are of one round and do not count. The same problem, seed and options give the same
// forecast, in whatever order the lists of the problem come; a greater participation with the same seed adds people to
// each round.
//
// Options or a problem that make no sense are an error that is ErrInvalid; a cancelled context is its error. It takes
// the time of Solve for each round, and beside that time linear in the members and in the pairs who met so far.
func Predict(ctx context.Context, p Problem, o ForecastOptions) (Forecast, error) {
	if o.Rounds < 1 || o.Rounds > MaxForecastRounds {
		return Forecast{}, invalid(InvalidRange, "rounds")
	}
	if !(o.Participation > 0 && o.Participation <= 1) { // NaN is neither
		return Forecast{}, invalid(InvalidRange, "participation")
	}
	s, err := newSimulation(p, o.Participation)
	if err != nil {
		return Forecast{}, err
	}
	f := Forecast{Engine: Engine, Rounds: make([]ForecastRound, 0, o.Rounds)}
	for no := 1; no <= o.Rounds; no++ {
		s.begin(no)
		made, err := Solve(ctx, s.p)
		if err != nil {
			return Forecast{}, fmt.Errorf("forecast round %d: %w", no, err)
		}
		round := s.judge(made)
		s.record(made, round.Odd)
		if round.Repeats > 0 && f.FirstRepeat == 0 {
			f.FirstRepeat = no
		}
		if round.Unavoidable > 0 && f.FirstUnavoidable == 0 {
			f.FirstUnavoidable = no
		}
		f.Rounds = append(f.Rounds, round)
	}
	s.conclude(&f)
	return f, nil
}

// judge says of a round what its groups say, before they become history.
func (s *simulation) judge(made Result) ForecastRound {
	r := ForecastRound{
		Participants: len(s.p.Members), Groups: len(made.Groups), Exact: made.Exact, Broken: make([]int, len(s.p.Rules)),
		Unmatched: made.Unmatched,
	}
	odd := map[ID]bool{}
	for _, g := range made.Groups {
		r.Pairs += len(g.Members) * (len(g.Members) - 1) / 2
		for _, id := range g.Members {
			if g.Odd {
				odd[id] = true
			}
		}
		for _, why := range g.Reasons {
			if why.Rule >= 0 {
				r.Broken[why.Rule] += why.Detail.Broken
			}
		}
		for a, b := range s.pairs(g) {
			r.Repeats += int(one(s.met.sym(a, b) != 0))
		}
	}
	r.Grouped, r.Odd = r.Participants-len(made.Unmatched), slices.Sorted(maps.Keys(odd))
	if r.Repeats > 0 {
		r.Unavoidable = s.unavoidable(made)
	}
	return r
}

// conclude sums up over all rounds.
func (s *simulation) conclude(f *Forecast) {
	f.OddLeast = -1
	for m, id := range s.in.ids {
		if s.took[m] == 0 {
			continue
		}
		odd := s.p.OddBefore[id]
		if f.OddLeast < 0 || odd < f.OddLeast {
			f.OddLeast = odd
		}
		f.OddMost = max(f.OddMost, odd)
		if s.left[m] > 0 {
			f.Starving = append(f.Starving, Starving{ID: id, TookPart: s.took[m], Unmatched: s.left[m]})
		}
	}
	f.OddLeast = max(f.OddLeast, 0)
	slices.SortFunc(f.Starving, func(a, b Starving) int {
		return cmp.Or(cmp.Compare(b.Unmatched, a.Unmatched), cmp.Compare(a.ID, b.ID))
	})
}
