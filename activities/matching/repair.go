package matching

import (
	"context"
	"fmt"
	"slices"
)

// Repair takes people out of an assignment and mends it where they left, changing few other groups. Who leaves may
// still be a member or not. In pairs of up to 200 members the answer is the best there is: as many people as possible are
// in a group, in as few trios as possible, with as few groups changed as that takes (of one who leaves), at the least cost.
// In more, people who lost their partner (and members in no group) are paired with each other at the least cost; who is over gets
// the third one of a trio, or makes a pair a trio. In larger groups, a group of at least half the wanted size stays; who is
// left of a smaller one joins others. People who break a hard rule in a group that is not pinned are treated like those
// who lost theirs, so the result breaks none.
//
// Pins that name people who leave hold for the others, but not in modes whose groups must be whole: see repairMode.
// Result.Exact is false. It takes time linear in the input, and for each person to be seated a look at every group, in small
// rounds at every two.
func Repair(ctx context.Context, p Problem, groups [][]ID, leaving []ID) (Result, []Change, error) {
	gone := map[ID]bool{}
	for _, id := range leaving {
		gone[id] = true
	}
	p.Members = slices.DeleteFunc(slices.Clone(p.Members), func(m Member) bool { return gone[m.ID] })
	p.Pinned = pinsLeft(p, gone)
	in, err := newInstance(&p)
	if err != nil {
		return Result{}, nil, err
	}
	before := slices.Clone(groups)
	if in.p.Several() || p.Mode == ModeLottery {
		after, changes, err := in.repairMode(ctx, before, gone)
		if err != nil {
			return Result{}, nil, fmt.Errorf("repair %d groups: %w", len(groups), err)
		}
		in.tidy(after)
		return in.result(after, false), changes, nil
	}
	for i := range before {
		before[i] = slices.Sorted(slices.Values(before[i]))
	}
	slices.SortFunc(before, slices.Compare)
	m := mend{seating: newSeating(in, nil, newRandom(p.Seed, 2)), before: before}
	if err := m.take(without(before, gone)); err != nil {
		return Result{}, nil, err
	}
	if err := m.mend(ctx); err != nil {
		return Result{}, nil, fmt.Errorf("repair %d groups: %w", len(groups), err)
	}
	changes := m.changes()
	after := append(slices.DeleteFunc(m.groups, func(g []int32) bool { return len(g) == 0 }), m.kept...)
	m.in.tidy(after)
	return in.result(after, false), changes, nil
}

// pinsLeft is the pins that hold for who stays: a group that must be whole is none without those who leave.
func pinsLeft(p Problem, gone map[ID]bool) [][]ID {
	pins := [][]ID{}
	for g, pin := range without(p.Pinned, gone) {
		if len(pin) > 1 && (!p.Several() || len(pin) == len(p.Pinned[g])) {
			pins = append(pins, pin)
		}
	}
	return pins
}

func without(groups [][]ID, gone map[ID]bool) [][]ID {
	rest := make([][]ID, len(groups))
	for i, g := range groups {
		rest[i] = slices.DeleteFunc(slices.Clone(g), func(id ID) bool { return gone[id] })
	}
	return rest
}

// mend is a repair under way. Group i of the seating was before[i], as long as there is one; pinned groups are kept
// aside and empty in the seating.
type mend struct {
	*seating
	before [][]ID
	kept   [][]int32
	pinned map[int]bool // by group
}

// take seats who stays, and empties the groups too small to go on.
func (m *mend) take(groups [][]ID) error {
	m.groups, m.pinned = make([][]int32, len(groups)), map[int]bool{}
	seen := make([]bool, len(m.in.ids))
	for g, ids := range groups {
		var members []int32
		for i, id := range ids {
			at, ok := m.in.index(id)
			if !ok {
				return invalid(InvalidUnknown, "groups[%d][%d]", g, i)
			}
			if seen[at] {
				return invalid(InvalidDuplicate, "groups[%d][%d]", g, i)
			}
			seen[at] = true
			members = append(members, at)
		}
		switch {
		case len(members) < 2 || len(members) < len(m.before[g]) && 2*len(members) < m.in.p.GroupSize:
		case m.in.isPin(members):
			m.kept, m.pinned[g] = append(m.kept, members), true
		default:
			m.place(g, members)
			m.evict(int32(g))
		}
	}
	return nil
}

func (m *mend) mend(ctx context.Context) error {
	var out []int32
	aside := map[int32]bool{}
	for _, g := range m.kept {
		for _, o := range g {
			aside[o] = true
		}
	}
	for at := range int32(len(m.in.ids)) {
		if m.at[at] < 0 && !aside[at] {
			out = append(out, at)
		}
	}
	if m.in.p.GroupSize == 2 {
		if err := m.pairUp(ctx, out); err != nil {
			return err
		}
	} else {
		out = m.gather(out)
	}
	for _, o := range out {
		if err := ctx.Err(); err != nil {
			return err
		}
		if m.at[o] < 0 && !m.splitTrio(o) && !m.seat(o, out, len(m.groups)+len(out)) && !m.seatAmongTwo(o) {
			m.seatByMove(o, len(m.groups))
		}
	}
	return m.anew(ctx)
}

// changes says what became of each group that is not as it was, in the order of before; formed ones come last.
func (m *mend) changes() []Change {
	changes := []Change{}
	kept := m.kept
	for g := range m.groups {
		was := []ID{}
		if g < len(m.before) {
			was = m.before[g]
		}
		members := m.groups[g]
		if m.pinned[g] {
			members, kept = kept[0], kept[1:]
		}
		if c := m.in.change(was, members); !slices.Equal(was, c.After) {
			changes = append(changes, c)
		}
	}
	return changes
}

// change is what became of a group that is not as it was.
func (in *instance) change(was []ID, g []int32) Change {
	c := Change{Kind: ChangeShrunk, Before: was, After: in.named(g)}
	switch {
	case len(was) == 0:
		c.Kind = ChangeFormed
	case len(g) == 0:
		c.Kind = ChangeDissolved
	case slices.ContainsFunc(c.After, func(id ID) bool { return !slices.Contains(was, id) }):
		c.Kind = ChangeRegrouped
	}
	return c
}

// named is the ids of a group, ascending unless one gives to the other.
func (in *instance) named(g []int32) []ID {
	ids := make([]ID, len(g))
	for i, m := range g {
		ids[i] = in.ids[m]
	}
	if in.p.Mode != ModeMystery {
		slices.Sort(ids)
	}
	return ids
}
