package matching

import (
	"context"
	"slices"
)

// mystery finds who gives to whom: everybody gives to one and gets from another, at the least cost. Everybody takes part
// twice, as giver and as receiver, and pairs across are solved like any round: exactly. Where it costs nothing more,
// nobody gets from whom they give to.
func (in *instance) mystery(ctx context.Context) (answer, error) {
	t := in.twins(func(int32) int { return 2 }, func(_ int32, twin int) string { return [...]string{"giver", "receiver"}[twin] })
	t.rule(Rule{Kind: KindBetween, Attribute: twinAttribute, Value: "giver", OtherValue: "receiver", Hard: true})
	for _, pin := range in.p.Pinned {
		t.p.Pinned = append(t.p.Pinned, []ID{t.of[pin[0]][0], t.of[pin[1]][1]})
	}
	res, err := Solve(ctx, t.p)
	if err != nil {
		return answer{}, err
	}
	made := answer{exact: res.Exact, bound: in.zeroScore()}
	to := make([]int32, len(in.ids))
	for i := range to {
		to[i] = -1
	}
	for _, g := range res.Groups {
		if giver, receiver := t.member(g.Members[0]), t.member(g.Members[1]); t.twin(g.Members[0]) == 0 {
			to[giver] = receiver
		} else {
			to[receiver] = giver
		}
	}
	in.untie(to)
	for giver, receiver := range to {
		if receiver >= 0 && !slices.ContainsFunc(in.pins, func(pin []int32) bool { return pin[0] == int32(giver) }) {
			made.groups = append(made.groups, []int32{int32(giver), receiver})
		}
	}
	return made, nil
}

// untie makes two who give to each other give to others, where somebody drawn can take part in that at no cost.
func (in *instance) untie(to []int32) {
	const draws = 256
	rng := newRandom(in.p.Seed, 5)
	fits := func(a, b int32) bool { return a != b && in.allowed(a, b) && to[b] != a }
	for a := range int32(len(to)) {
		b := to[a]
		if b < 0 || to[b] != a || in.pin[a] >= 0 {
			continue
		}
		for range draws {
			c := int32(rng.below(len(to)))
			d := to[c]
			if c == a || c == b || d < 0 || in.pin[c] >= 0 || !fits(a, d) || !fits(c, b) {
				continue
			}
			before := in.pairCost(a, b).Add(in.pairCost(c, d))
			if after := in.pairCost(a, d).Add(in.pairCost(c, b)); !before.Less(after) {
				to[a], to[c] = d, b
				break
			}
		}
	}
}
