package matching

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawHostile is a problem with anything in it, mostly invalid or contradictory.
func drawHostile(t *rapid.T) Problem {
	id := rapid.OneOf(rapid.Int64Range(-2, 12), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, 0}))
	number := rapid.OneOf(rapid.IntRange(-1, 3), rapid.SampledFrom([]int{math.MaxInt, math.MinInt, 1 << 33}))
	text := rapid.SampledFrom([]string{"", "x", "y", "z"})
	pair := rapid.Custom(func(t *rapid.T) Pair { return Pair{id.Draw(t, "a"), id.Draw(t, "b")} })
	return Problem{
		Members: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Member {
			return Member{id.Draw(t, "id"), rapid.MapOfN(text, text, 0, 3).Draw(t, "attributes")}
		}), 0, 40).Draw(t, "members"),
		GroupSize: rapid.IntRange(1, 9).Draw(t, "size"),
		Rules: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Rule {
			return Rule{
				Kind: rapid.SampledFrom([]RuleKind{
					KindNoRepeat, KindSame, KindDifferent, KindWishes, KindOdd, KindWith, KindApart, KindBetween, KindFewShared, KindFairTurns,
				}).Draw(t, "kind"),
				Attribute: text.Draw(t, "attribute"), Hard: rapid.Bool().Draw(t, "hard"),
				Value: text.Draw(t, "value"), Other: text.Draw(t, "other"), OtherValue: text.Draw(t, "other value"),
			}
		}), 0, 5).Draw(t, "rules"),
		Met: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Meeting {
			return Meeting{id.Draw(t, "a"), id.Draw(t, "b"), number.Draw(t, "times"), number.Draw(t, "ago")}
		}), 0, 30).Draw(t, "met"),
		Never: rapid.SliceOfN(pair, 0, 20).Draw(t, "never"),
		Wishes: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Wish {
			return Wish{id.Draw(t, "from"), id.Draw(t, "to"), number.Draw(t, "rank"), rapid.Bool().Draw(t, "avoid")}
		}), 0, 20).Draw(t, "wishes"),
		OddBefore: rapid.MapOfN(id, number, 0, 10).Draw(t, "odd"),
		Pinned:    rapid.SliceOfN(rapid.SliceOfN(id, 0, 4), 0, 2).Draw(t, "pinned"),
		Forbidden: rapid.SliceOfN(pair, 0, 5).Draw(t, "forbidden"),
		Seed:      rapid.Uint64().Draw(t, "seed"),
		Mode:      rapid.SampledFrom([]Mode{"", "", ModeRandom, ModeCross, ModeCompose, ModeLottery, ModeMystery, "other"}).Draw(t, "mode"),
		Leftover:  rapid.SampledFrom([]Leftover{"", LeftoverLarger, LeftoverSmaller, LeftoverOut, "other"}).Draw(t, "leftover"),
		Seats: Seats{
			Attribute: text.Draw(t, "seats of"), Rematch: number.Draw(t, "rematch"),
			Of: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Seat {
				return Seat{text.Draw(t, "value"), number.Draw(t, "count")}
			}), 0, 3).Draw(t, "seats"),
		},
		Fixed: rapid.SliceOfN(id, 0, 2).Draw(t, "fixed"),
		Exempt: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Exemption {
			return Exemption{id.Draw(t, "member"), rapid.IntRange(-1, 5).Draw(t, "rule")}
		}), 0, 3).Draw(t, "exempt"),
	}
}

// healed is a hostile problem without what makes it invalid, so that contradictions and extremes get past the door.
func healed(p Problem) Problem {
	seen := map[ID]bool{}
	members := p.Members
	p.Members = nil
	for _, m := range members {
		if !seen[m.ID] {
			p.Members = append(p.Members, m)
		}
		seen[m.ID] = true
	}
	p.GroupSize = min(max(p.GroupSize, MinGroupSize), MaxGroupSize)
	if p.Mode != ModeLottery {
		p.Fixed = nil
	}
	if p.Mode == ModeMystery {
		p.GroupSize = 2
	}
	if p.Leftover == "other" {
		p.Leftover = ""
	}
	if p.Mode != ModeCompose {
		p.Seats = Seats{}
	} else {
		p.Seats = Seats{Attribute: "x", Of: []Seat{{"x", 1}, {"y", 1}}, Rematch: min(max(p.Seats.Rematch, -1), MaxRematch)}
		if p.GroupSize > 2 {
			p.Seats.Of[1].Count = p.GroupSize - 1
		}
	}
	keep := func(pairs []Pair) (ok []Pair) {
		for _, pair := range pairs {
			if pair.A != pair.B {
				ok = append(ok, pair)
			}
		}
		return ok
	}
	p.Never, p.Forbidden = keep(p.Never), keep(p.Forbidden)
	met := p.Met
	p.Met = nil
	for _, m := range met {
		if m.A != m.B && m.Times >= 0 && m.RoundsAgo >= 0 {
			p.Met = append(p.Met, m)
		}
	}
	wishes := p.Wishes
	p.Wishes = nil
	for _, w := range wishes {
		if w.From != w.To && (w.Avoid || w.Rank > 0) {
			p.Wishes = append(p.Wishes, w)
		}
	}
	rules := p.Rules
	p.Rules = nil
	for _, r := range rules {
		if r.Kind == KindNoRepeat || r.Kind == KindWishes {
			r.Attribute = ""
		}
		if r.Kind != KindWith && r.Kind != KindApart && r.Kind != KindBetween {
			r.Value, r.Other, r.OtherValue = "", "", ""
		}
		if validateRules(append(p.Rules, r)) == nil {
			p.Rules = append(p.Rules, r)
		}
	}
	p.Exempt = slices.DeleteFunc(p.Exempt, func(e Exemption) bool { return !seen[e.Member] || e.Rule < 0 || e.Rule >= len(p.Rules) })
	odd := map[ID]int{}
	for id, n := range p.OddBefore {
		odd[id] = max(n, 0)
	}
	p.OddBefore = odd
	return p
}

// FuzzSolve: any input is answered by a legal partition or by ErrInvalid, and can be repaired.
func FuzzSolve(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		p := drawHostile(t)
		if rapid.Bool().Draw(t, "healed") {
			p = healed(p)
		}
		checkAnything(t, p)
	}))
}

func TestHostileProblems(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkAnything(t, drawHostile(t)) })
	solved := 0
	rapid.Check(t, func(t *rapid.T) { solved += checkAnything(t, healed(drawHostile(t))) })
	require.Positive(t, solved)
}

func checkAnything(t *rapid.T, p Problem) (solved int) {
	res, err := Solve(context.Background(), p)
	if err != nil {
		require.ErrorIs(t, err, ErrInvalid)
		return 0
	}
	requirePartition(t, p, res)
	again, err := Solve(context.Background(), shuffled(p, 2))
	require.NoError(t, err)
	require.Equal(t, toJSON(t, res), toJSON(t, again))
	checkRepair(t, p, res)
	return 1
}
