package pairing

// thirds says who joins which pair, by the first place of the pair: those left who have waited long enough, each a pair in
// which both may meet them, rather both for the first time than one, else at random.
//
// No two want the same pair: if v may meet a, and w may meet b, then v-a-b-w would be a path along which one more pair can
// be made, and the matching is the largest.
func (t *table) thirds(mate []int) map[int]int {
	if t.Odd != OddJoins {
		return nil
	}
	joined := map[int]int{}
	for v, m := range mate {
		if m >= 0 || t.now.Sub(t.people[v].Since) < OddPatience {
			continue
		}
		best, row := option{}, t.may.row(v)
		for a := range row.all() {
			if b := mate[a]; b > a && row.has(b) {
				o := option{a: a, some: true, chance: draw(t.seed, t.people[v].Person, t.people[a].Person)}
				for _, p := range [...]int{a, b} {
					if t.fresh.has(v, p) {
						o.fresh++
					}
				}
				if o.beats(best) {
					best = o
				}
			}
		}
		if best.some {
			joined[best.a] = v
		}
	}
	return joined
}

// option is a pair that somebody can join.
type option struct {
	a      int // the first of the pair
	fresh  int // how many of the two never met who joins
	chance uint64
	some   bool
}

func (o option) beats(p option) bool {
	return !p.some || o.fresh > p.fresh || o.fresh == p.fresh && o.chance > p.chance
}
