package matching

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		n, k int
		want []int
	}{
		{0, 2, nil},
		{1, 2, nil},
		{2, 2, []int{2}},
		{3, 2, []int{3}},
		{4, 2, []int{2, 2}},
		{5, 2, []int{3, 2}},
		{9, 4, []int{5, 4}},
		{10, 4, []int{5, 5}},
		{11, 4, []int{4, 4, 3}},
		{7, 4, []int{4, 3}},
		{3, 4, []int{3}},
		{15, 8, []int{8, 7}},
		{8, 8, []int{8}},
		{16, 8, []int{8, 8}},
		{9, 8, []int{9}},
		{2, 8, []int{2}},
		{8, 3, []int{4, 4}},
		{5, 3, []int{3, 2}},
		{4, 3, []int{4}},
	} {
		require.Equal(t, c.want, sizes(c.n, c.k), "%d people in groups of %d", c.n, c.k)
	}
}

// requirePartition checks what holds for every answer: everybody is in one place, pins are kept, hard rules hold, and
// the answer says of itself what Evaluate says of it.
func requirePartition(t require.TestingT, p Problem, res Result) {
	seen := map[ID]int{}
	var groups [][]ID
	for _, g := range res.Groups {
		require.GreaterOrEqual(t, len(g.Members), 2)
		require.Equal(t, len(g.Members) != p.GroupSize+len(p.Fixed), g.Odd)
		require.Zero(t, g.Score.Hard)
		groups = append(groups, g.Members)
		for _, m := range g.Members {
			seen[m]++
		}
	}
	for _, u := range res.Unmatched {
		seen[u.ID]++
		require.NotEmpty(t, u.Text())
	}
	require.Len(t, seen, len(p.Members))
	for _, m := range p.Members {
		if p.Mode == ModeCompose || p.Mode == ModeMystery {
			require.Positive(t, seen[m.ID], "member %d", m.ID)
		} else {
			require.Equal(t, 1, seen[m.ID], "member %d", m.ID)
		}
	}
	for _, pin := range p.Pinned {
		if p.Mode != ModeMystery {
			pin = slices.Sorted(slices.Values(pin))
		}
		i := slices.IndexFunc(res.Groups, func(g Group) bool { return slices.Equal(g.Members, pin) })
		require.GreaterOrEqual(t, i, 0, "pin %v is kept", pin)
		require.True(t, res.Groups[i].Pinned)
	}
	again, err := Evaluate(p, groups)
	require.NoError(t, err)
	again.Exact, again.Bound, again.Gap = res.Exact, res.Bound, res.Gap
	require.LessOrEqual(t, res.Bound.Compare(res.Score), 0)
	require.GreaterOrEqual(t, res.Gap, 0.0)
	require.Equal(t, again, res)
}

// bestOfAll is the best assignment in groups of two and three, by trying all.
func bestOfAll(t require.TestingT, p Problem) Result {
	var best *Result
	var groups [][]ID
	allowed := func(a, b ID) bool {
		res, err := Evaluate(Problem{
			Members: p.Members, GroupSize: 2, Rules: p.Rules, Met: p.Met, Never: p.Never, Forbidden: p.Forbidden,
			Wishes: p.Wishes,
		}, [][]ID{{a, b}})
		require.NoError(t, err)
		return res.Score.Hard == 0
	}
	ok := map[Pair]bool{}
	for _, a := range p.Members {
		for _, b := range p.Members {
			ok[Pair{a.ID, b.ID}] = a.ID != b.ID && allowed(a.ID, b.ID)
		}
	}
	fewest, fewestOdd := len(p.Members)+1, 0
	var place func(i, alone int)
	place = func(i, alone int) {
		if i == len(p.Members) {
			odd := 0
			for _, g := range groups {
				alone += int(one(len(g) < 2))
				odd += int(one(len(g) > 2))
			}
			if alone > fewest || oddRank(p.Rules) > 0 && alone == fewest && odd > fewestOdd {
				return // turns that are ranked lower are no reason for more odd groups than planned
			}
			if alone < fewest || oddRank(p.Rules) > 0 && odd < fewestOdd {
				best = nil
			}
			fewest, fewestOdd = alone, odd
			made := slices.DeleteFunc(slices.Clone(groups), func(g []ID) bool { return len(g) < 2 })
			res, err := Evaluate(p, made)
			require.NoError(t, err)
			if best == nil || res.Score.Compare(best.Score) < 0 {
				best = &res
			}
			return
		}
		m := p.Members[i].ID
		for g := range groups {
			if len(groups[g]) < 3 && !slices.ContainsFunc(groups[g], func(o ID) bool { return !ok[Pair{m, o}] }) {
				groups[g] = append(groups[g], m)
				place(i+1, alone)
				groups[g] = groups[g][:len(groups[g])-1]
			}
		}
		groups = append(groups, []ID{m})
		place(i+1, alone)
		groups = groups[:len(groups)-1]
	}
	place(0, 0)
	return *best
}

func TestSolvePairsAgainstBruteForce(t *testing.T) {
	solved, exact := 0, 0
	for range 10 {
		rapid.Check(t, func(t *rapid.T) {
			p := drawProblem(t, 8, 2)
			res, err := Solve(context.Background(), p)
			require.NoError(t, err)
			requirePartition(t, p, res)
			want := bestOfAll(t, p)
			require.Equal(t, want.Score.Unmatched, res.Score.Unmatched, "as many as possible are matched")
			solved++
			if res.Exact {
				exact++
				require.Equal(t, want.Score, res.Score)
			}
		})
	}
	t.Logf("%d of %d are proven", exact, solved)
	require.Greater(t, exact, solved/2)
}

func TestSolveGroupsOfAnySize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t, 20, 2, 3, 4, 5, 8)
		p.Leftover = rapid.SampledFrom([]Leftover{"", LeftoverSmaller, LeftoverOut}).Draw(t, "leftover")
		p.Mode = rapid.SampledFrom([]Mode{"", ModeCross, ModeLottery}).Draw(t, "mode")
		res, err := Solve(context.Background(), p)
		require.NoError(t, err)
		requirePartition(t, p, res)
		again, err := Solve(context.Background(), shuffled(p, 1))
		require.NoError(t, err)
		require.Equal(t, toJSON(t, res), toJSON(t, again), "the order of the input decides nothing")
	})
}

func toJSON(t require.TestingT, v any) string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func members(n int) []Member {
	list := make([]Member, n)
	for i := range list {
		list[i] = Member{ID: ID(i + 1)}
	}
	return list
}

func with(n int, attribute string, values ...string) []Member {
	list := members(n)
	for i, v := range values {
		list[i].Attributes = map[string]string{attribute: v}
	}
	return list
}

func groupsOf(res Result) [][]ID {
	var groups [][]ID
	for _, g := range res.Groups {
		groups = append(groups, g.Members)
	}
	return groups
}

func TestSolveRules(t *testing.T) {
	cases := []struct {
		name      string
		problem   Problem
		groups    [][]ID
		unmatched []Unmatched
		inexact   bool
	}{
		{"nobody", Problem{}, nil, nil, false},
		{"one", Problem{Members: members(1)}, nil, []Unmatched{{ID: 1, Code: CodeAlone, Rule: -1}}, false},
		{"two", Problem{Members: members(2)}, [][]ID{{1, 2}}, nil, false},
		{"three make a trio", Problem{Members: members(3)}, [][]ID{{1, 2, 3}}, nil, false},
		{
			"no repeat: the older meeting yields",
			Problem{Members: members(4), Rules: []Rule{{Kind: KindNoRepeat}}, Met: []Meeting{
				{1, 2, 1, 9}, {3, 4, 1, 9}, {1, 3, 1, 2}, {2, 4, 1, 9}, {1, 4, 2, 90}, {2, 3, 1, 90},
			}},
			[][]ID{{1, 2}, {3, 4}},
			nil, false,
		},
		{
			"no repeat: once each before twice",
			Problem{Members: members(4), Rules: []Rule{{Kind: KindNoRepeat}}, Met: []Meeting{
				{1, 2, 1, 1}, {3, 4, 1, 1}, {1, 3, 2, 99}, {2, 4, 1, 99}, {4, 1, 3, 99},
			}},
			[][]ID{{1, 2}, {3, 4}},
			nil, false,
		},
		{
			"different",
			Problem{
				Members: with(4, "team", "x", "x", "y", "y"), Rules: []Rule{{Kind: KindDifferent, Attribute: "team"}},
				Never: []Pair{{1, 4}},
			},
			[][]ID{{1, 3}, {2, 4}},
			nil, false,
		},
		{
			"same",
			Problem{Members: with(4, "team", "x", "y", "x", "y"), Rules: []Rule{{Kind: KindSame, Attribute: "team"}}},
			[][]ID{{1, 3}, {2, 4}},
			nil, false,
		},
		{
			"hard same leaves one of each odd set out",
			Problem{Members: with(4, "team", "x", "x", "x", "y"), Rules: []Rule{{Kind: KindSame, Attribute: "team", Hard: true}}},
			[][]ID{{1, 2, 3}},
			[]Unmatched{{4, CodeBlocked, 0, KindSame, "team", 3, 3}},
			false,
		},
		{
			"hard different leaves out who was least often",
			Problem{
				Members: with(4, "role", "mentor", "mentee", "mentee", "mentee"), OddBefore: map[ID]int{2: 1, 4: 1},
				Rules: []Rule{{Kind: KindNoRepeat}, {Kind: KindDifferent, Attribute: "role", Hard: true}},
				Met:   []Meeting{{1, 2, 1, 5}},
			},
			[][]ID{{1, 4}},
			[]Unmatched{{2, CodeNoRoom, 1, KindDifferent, "role", 3, 2}, {3, CodeNoRoom, 1, KindDifferent, "role", 3, 2}},
			false,
		},
		{
			"an empty value is like no other",
			Problem{Members: members(2), Rules: []Rule{{Kind: KindSame, Attribute: "team", Hard: true}}},
			nil,
			[]Unmatched{{1, CodeBlocked, 0, KindSame, "team", 1, 1}, {2, CodeBlocked, 0, KindSame, "team", 1, 1}},
			false,
		},
		{
			"hard no repeat",
			Problem{
				Members: members(2), Rules: []Rule{{Kind: KindNoRepeat, Hard: true}}, Met: []Meeting{{2, 1, 1, 50}},
			},
			nil,
			[]Unmatched{{1, CodeBlocked, 0, KindNoRepeat, "", 1, 1}, {2, CodeBlocked, 0, KindNoRepeat, "", 1, 1}},
			false,
		},
		{
			"wishes",
			Problem{
				Members: members(4), Rules: []Rule{{Kind: KindWishes}},
				Wishes: []Wish{{From: 1, To: 2, Rank: 2}, {From: 1, To: 3, Rank: 1}, {From: 4, To: 2, Avoid: true}},
			},
			[][]ID{{1, 2}, {3, 4}},
			nil, false,
		},
		{
			"the higher rule wins",
			Problem{
				Members: with(4, "team", "x", "x", "y", "y"),
				Rules:   []Rule{{Kind: KindWishes}, {Kind: KindDifferent, Attribute: "team"}},
				Wishes:  []Wish{{From: 1, To: 2, Rank: 1}},
			},
			[][]ID{{1, 2}, {3, 4}},
			nil, false,
		},
		{
			"never and forbidden",
			Problem{Members: members(4), Never: []Pair{{1, 2}}, Forbidden: []Pair{{4, 1}}},
			[][]ID{{1, 3}, {2, 4}},
			nil, false,
		},
		{
			"everybody forbidden with everybody",
			Problem{Members: members(3), Never: []Pair{{1, 2}, {2, 3}, {3, 1}}},
			nil,
			[]Unmatched{{1, CodeBlocked, -1, KindNever, "", 2, 2}, {2, CodeBlocked, -1, KindNever, "", 2, 2}, {3, CodeBlocked, -1, KindNever, "", 2, 2}},
			false,
		},
		{
			"the odd one is who was least often",
			Problem{
				Members: members(5), OddBefore: map[ID]int{1: 1, 3: 2},
			},
			[][]ID{{1, 3}, {2, 4, 5}},
			nil, false,
		},
		{
			"a pinned group stays and is solved around",
			Problem{Members: members(5), Pinned: [][]ID{{5, 1}}},
			[][]ID{{1, 5}, {2, 3, 4}},
			nil, false,
		},
		{
			"one beside the pins",
			Problem{Members: members(3), Pinned: [][]ID{{3, 1}}},
			[][]ID{{1, 3}},
			[]Unmatched{{ID: 2, Code: CodeAlone, Rule: -1, Others: 2}},
			false,
		},
		{"more seats than people", Problem{Members: members(3), GroupSize: 8}, [][]ID{{1, 2, 3}}, nil, false},
		{
			"groups of four",
			Problem{
				Members: with(8, "team", "x", "x", "y", "y", "z", "z", "w", "w"), GroupSize: 4, Rules: []Rule{
					{Kind: KindDifferent, Attribute: "team"}, {Kind: KindNoRepeat},
				}, Met: []Meeting{{1, 3, 1, 1}, {1, 6, 1, 1}, {1, 7, 1, 1}, {3, 5, 1, 1}, {3, 8, 1, 1}},
			},
			nil, nil, false,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.problem.GroupSize == 0 {
				c.problem.GroupSize = 2
			}
			c.problem.Seed = 42
			res, err := Solve(context.Background(), c.problem)
			require.NoError(t, err)
			requirePartition(t, c.problem, res)
			if c.groups != nil || c.unmatched != nil {
				require.Equal(t, c.groups, groupsOf(res))
				require.ElementsMatch(t, c.unmatched, res.Unmatched)
			} else if len(res.Groups) > 0 {
				require.Zero(t, slices.Max(res.Score.Costs))
			}
			require.Equal(t, !c.inexact, res.Exact)
		})
	}
}

func TestReasonsInEnglish(t *testing.T) {
	p := Problem{
		GroupSize: 2, Members: with(3, "team", "x", "x", "y"),
		Rules: []Rule{{Kind: KindNoRepeat}, {Kind: KindDifferent, Attribute: "team"}, {Kind: KindSame, Attribute: "city"}, {Kind: KindWishes}},
		Met:   []Meeting{{1, 2, 2, 7}, {2, 3, 1, 3}}, Wishes: []Wish{{From: 1, To: 3, Rank: 1}},
		Never: []Pair{{1, 3}}, OddBefore: map[ID]int{1: 2},
	}
	res, err := Evaluate(p, [][]ID{{2, 1, 3}})
	require.NoError(t, err)
	require.Equal(t, Score{Hard: 1, Odd: 5, Costs: []int64{3, 249 + 253, 1, 3, 0, 10 + 0}}, res.Score)
	require.Equal(t, []ID{2, 1, 3}, res.Groups[0].Members)
	var text []string
	for _, r := range res.Groups[0].Reasons {
		text = append(text, r.Text())
	}
	require.Equal(t, []string{
		"2 pairs met before: 3 meetings, last 3 rounds ago.",
		"1 of 3 pairs have the same team.",
		"3 of 3 pairs do not share the same city.",
		"1 wish to meet came true.",
		"1 pair must never meet.",
		"The numbers did not divide evenly, so this is a group of 3.",
	}, text)
	require.Len(t, Levels(p.Rules), len(res.Score.Costs))
}

func TestInvalid(t *testing.T) {
	ok := func() Problem { return Problem{Members: members(4), GroupSize: 2} }
	cases := map[InvalidCode][]func(*Problem){
		InvalidGroupSize: {func(p *Problem) { p.GroupSize = 1 }, func(p *Problem) { p.GroupSize = 9 }},
		InvalidDuplicate: {
			func(p *Problem) { p.Members = append(p.Members, Member{ID: 2}) },
			func(p *Problem) { p.Pinned = [][]ID{{1, 2}, {2, 3}} },
			func(p *Problem) { p.Pinned = [][]ID{{1, 1}} },
		},
		InvalidSelfPair: {
			func(p *Problem) { p.Never = []Pair{{3, 3}} },
			func(p *Problem) { p.Forbidden = []Pair{{3, 3}} },
			func(p *Problem) { p.Met = []Meeting{{3, 3, 1, 1}} },
			func(p *Problem) { p.Wishes = []Wish{{From: 3, To: 3, Rank: 1}} },
		},
		InvalidUnknown: {func(p *Problem) { p.Pinned = [][]ID{{1, 77}} }},
		InvalidSize:    {func(p *Problem) { p.Pinned = [][]ID{{1}} }},
		InvalidPinBreaks: {func(p *Problem) {
			p.Pinned, p.Never = [][]ID{{1, 2}}, []Pair{{2, 1}}
		}, func(p *Problem) {
			p.Pinned, p.Rules = [][]ID{{1, 2}}, []Rule{{Kind: KindSame, Attribute: "team", Hard: true}}
		}},
		InvalidRule: {
			func(p *Problem) { p.Rules = []Rule{{Kind: "near"}} },
			func(p *Problem) { p.Rules = []Rule{{Kind: KindSame}} },
			func(p *Problem) { p.Rules = []Rule{{Kind: KindNoRepeat, Attribute: "team"}} },
			func(p *Problem) { p.Rules = make([]Rule, 17) },
		},
		InvalidRuleTwice: {func(p *Problem) { p.Rules = []Rule{{Kind: KindNoRepeat}, {Kind: KindNoRepeat, Hard: true}} }},
		InvalidContradicts: {func(p *Problem) {
			p.Rules = []Rule{{Kind: KindSame, Attribute: "team"}, {Kind: KindDifferent, Attribute: "team"}}
		}},
		InvalidNumber: {
			func(p *Problem) { p.Met = []Meeting{{1, 2, -1, 1}} },
			func(p *Problem) { p.Met = []Meeting{{1, 2, 1, -1}} },
			func(p *Problem) { p.Wishes = []Wish{{From: 1, To: 2}} },
			func(p *Problem) { p.OddBefore = map[ID]int{4: -1} },
		},
	}
	for code, spoils := range cases {
		for i, spoil := range spoils {
			t.Run(fmt.Sprint(code, i), func(t *testing.T) {
				p := ok()
				spoil(&p)
				_, err := Solve(context.Background(), p)
				require.ErrorIs(t, err, ErrInvalid)
				var bad *InvalidError
				require.ErrorAs(t, err, &bad)
				require.Equal(t, code, bad.Code)
				require.NotEmpty(t, bad.Field)
			})
		}
	}
	_, err := Evaluate(ok(), [][]ID{{1, 2}, {2, 3}})
	require.ErrorIs(t, err, ErrInvalid)
}

// countdown is a context that is cancelled when it was asked so many times.
type countdown struct {
	context.Context
	left *int
}

func (c countdown) Err() error {
	if *c.left--; *c.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestCancelled(t *testing.T) {
	for _, c := range []struct{ n, k, asked int }{
		{10, 2, 0}, {300, 2, 0}, {300, 2, 1}, {180, 2, 1}, {301, 2, 3}, {1200, 2, 1}, {3000, 4, 3},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			p := company(c.n, 26, 0.65, 1)
			p.GroupSize = c.k
			_, err := Solve(countdown{context.Background(), &c.asked}, p)
			require.ErrorIs(t, err, context.Canceled)
		})
	}
	none := 0
	_, _, err := Repair(countdown{context.Background(), &none}, Problem{Members: members(4), GroupSize: 2}, [][]ID{{1, 2}, {3, 4}}, []ID{1})
	require.ErrorIs(t, err, context.Canceled)
}
