package matching

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
	plan := make([]int, groups)
	for i := range plan {
		plan[i] = n / groups
		if i < n%groups {
			plan[i]++
		}
	}
	return plan
}
