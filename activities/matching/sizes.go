package matching

import "slices"

// sizes plans groups for n people as the problem's leftover says; with LeftoverOut they may seat fewer.
func (in *instance) sizes(n int) []int {
	k := in.p.GroupSize
	switch {
	case in.p.Leftover == LeftoverOut:
		return slices.Repeat([]int{k}, n/k)
	case in.p.Leftover == LeftoverSmaller && k > 2 && n > k:
		return even(n, (n+k-1)/k)
	}
	return sizes(n, k)
}

// even is n people in so many groups as equal as can be, the larger first.
func even(n, groups int) []int {
	plan := make([]int, groups)
	for i := range plan {
		plan[i] = n / groups
		if i < n%groups {
			plan[i]++
		}
	}
	return plan
}

// sizes plans groups for n people who want to be k: the sizes that differ least from k, larger before smaller. The
// larger groups come first. One person alone, or none, make no group.
func sizes(n, k int) []int {
	if n < 2 {
		return nil
	}
	few, many := n/k, n/k+1
	groups := many
	if few > 0 {
		above, below := (n+few-1)/few-k, k-n/many
		if above <= below || n%k == 0 {
			groups = few
		}
	}
	return even(n, groups)
}
