package pairing

// tries is with how many pairs, at most, an exchange is tried for the sake of preferences.
const tries = 32

// large matches more people than exact can. Whom greedy choices in waiting order leave, augmenting paths match: first among
// pairs who never met; then those still left with each other, which costs no such pair; then among all pairs.
func (t *table) large() []int {
	n, dice := len(t.people), newRandom(t.seed)
	mate, free := unmatched(n), newBits(n)
	free.fill(n)
	scratch := newBits(n)
	for i := range n {
		if mate[i] >= 0 {
			continue
		}
		if j := t.choose(i, free, scratch, dice); j >= 0 {
			mate[i], mate[j] = j, i
			free.drop(i)
			free.drop(j)
		}
	}
	most(t.fresh, mate, nil)
	free.clear()
	for i, j := range mate {
		if j < 0 {
			free.add(i)
		}
	}
	most(t.may, mate, free)
	most(t.may, mate, nil)
	t.serve(mate)
	t.please(mate, dice)
	return mate
}

// choose is somebody free whom a person never met: of those whom preferences like best one at random; -1 if there is nobody.
func (t *table) choose(i int, free, scratch bits, dice random) int {
	copy(scratch, t.fresh.row(i))
	scratch.and(free)
	best := t.favourites(i, scratch)
	if n := best.count(); n > 0 {
		return best.nth(dice.below(n))
	}
	return -1
}

// serve gives those who are left, who waited longest first, the place of the one with the shortest wait whose partner may meet
// them, without making a pair that never met one that has.
func (t *table) serve(mate []int) {
	for v := range mate {
		if mate[v] >= 0 {
			continue
		}
		last, row := -1, t.may.row(v)
		for x := range row.all() {
			if w := mate[x]; w > last && t.people[v].Since.Before(t.people[w].Since) && (t.fresh.has(v, x) || !t.fresh.has(w, x)) {
				last = w
			}
		}
		if last >= 0 {
			x := mate[last]
			mate[last], mate[v], mate[x] = -1, x, v
		}
	}
}

// please exchanges partners between pairs where preferences like it better: of each pair that they do not like in all, one is
// tried with several of those they would rather have, at random.
func (t *table) please(mate []int, dice random) {
	scratch := newBits(len(mate))
	for a := range mate {
		if mate[a] < 0 || t.contented(a, mate[a]) {
			continue
		}
		copy(scratch, t.fresh.row(a))
		best := t.favourites(a, scratch)
		n := best.count()
		for range min(tries, n) {
			c := best.nth(dice.below(n))
			b, d := mate[a], mate[c]
			if d >= 0 && c != b && t.may.has(b, d) && t.worth(a, c)+t.worth(b, d) > t.worth(a, b)+t.worth(c, d) {
				mate[a], mate[c], mate[b], mate[d] = c, a, d, b
			}
		}
	}
}

// contented says whether a pair is all that the preferences want.
func (t *table) contented(a, b int) bool {
	for _, taste := range t.tastes {
		if !taste.likes(a, b) {
			return false
		}
	}
	return true
}
