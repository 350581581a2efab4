package matching

import (
	"cmp"
	"context"
	"slices"
)

// compose makes groups of the problem's seats until no conforming group remains. A person of a scarce value sits in
// several groups if the seats say so, as equally often as others of it. Groups of one and one are pairs across, and
// solved exactly; larger ones are dealt and improved.
func (in *instance) compose(ctx context.Context) (answer, error) {
	people := make([][]int32, len(in.p.Seats.Of)) // by seat, those who sit most often first
	for _, m := range in.byOdd(in.free()) {
		if seat := in.seat[m]; seat >= 0 {
			people[seat] = append(people[seat], m)
		}
	}
	for _, list := range people {
		slices.Reverse(list) // who was left out most often comes first
	}
	groups := in.composable(people)
	uses := make([]int, len(in.ids))
	for seat, list := range people {
		slots := groups * in.p.Seats.Of[seat].Count
		for i, m := range list {
			uses[m] = slots / len(list)
			if i < slots%len(list) {
				uses[m]++
			}
		}
	}
	if len(people) == 2 && in.p.GroupSize == 2 {
		return in.composePairs(ctx, people, groups, uses)
	}
	return in.composeGroups(ctx, people, groups, uses)
}

// composable is how many groups the seats allow: people of the value that fills most groups sit once, others as often as
// they may.
func (in *instance) composable(people [][]int32) int {
	times := max(1, in.p.Seats.Rematch)
	if in.p.Seats.Rematch < 0 {
		times = MaxRematch
	}
	least, most := len(in.ids)*MaxRematch, 0
	for seat, list := range people {
		count := in.p.Seats.Of[seat].Count
		if len(list) < count {
			return 0
		}
		least, most = min(least, len(list)*times/count), max(most, len(list)/count)
	}
	return min(least, most)
}

func (in *instance) composePairs(ctx context.Context, people [][]int32, groups int, uses []int) (answer, error) {
	for _, list := range people {
		if groups <= len(list) { // the matching chooses who is left out
			for _, m := range list {
				uses[m] = 1
			}
		}
	}
	of := in.p.Seats.Of
	t := in.twins(func(m int32) int { return uses[m] }, func(m int32, _ int) string { return of[in.seat[m]].Value })
	t.rule(Rule{Kind: KindBetween, Attribute: twinAttribute, Value: of[0].Value, OtherValue: of[1].Value, Hard: true})
	res, err := Solve(ctx, t.p)
	if err != nil {
		return answer{}, err
	}
	made := answer{exact: res.Exact, bound: in.zeroScore()}
	for _, g := range res.Groups {
		made.groups = append(made.groups, []int32{t.member(g.Members[0]), t.member(g.Members[1])})
	}
	return made, nil
}

func (in *instance) composeGroups(ctx context.Context, people [][]int32, groups int, uses []int) (answer, error) {
	t := in.twins(func(m int32) int { return uses[m] }, func(m int32, _ int) string { return in.p.Seats.Of[in.seat[m]].Value })
	t.p.Mode, t.p.Seats = ModeCompose, Seats{Attribute: twinAttribute, Of: in.p.Seats.Of}
	d, err := t.instance()
	if err != nil {
		return answer{}, err
	}
	// First all first twins, then all second ones, so that none meets themselves.
	order := make([]int32, len(d.ids))
	for i := range order {
		order[i] = int32(i)
	}
	rng := newRandom(in.p.Seed, 1)
	rng.shuffle(order)
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(t.nth[a], t.nth[b]) })
	bySeat := make([][]int32, len(people))
	for _, m := range order {
		bySeat[d.seat[m]] = append(bySeat[d.seat[m]], m)
	}
	dealt := make([][]int32, groups)
	for g := range dealt {
		for seat, list := range bySeat {
			n := in.p.Seats.Of[seat].Count
			dealt[g] = append(dealt[g], list[:n]...)
			bySeat[seat] = list[n:]
		}
	}
	s := newSeating(d, dealt, rng)
	if err := s.improve(ctx); err != nil {
		return answer{}, err
	}
	made := answer{bound: in.zeroScore()}
	for _, g := range s.groups {
		if d.conflicts(g) > 0 {
			continue
		}
		group := make([]int32, len(g))
		for i, m := range g {
			group[i] = t.back[m]
		}
		made.groups = append(made.groups, group)
	}
	return made, nil
}
