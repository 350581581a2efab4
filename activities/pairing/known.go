package pairing

import "time"

// Known is what people have behind them: meetings and blocks. It is not safe for concurrent use. For RepeatNever it holds
// the meetings of this session only, for RepeatAcross those of all; for the other kinds either will do, and the meetings
// of other sessions make people rather meet somebody new.
type Known struct {
	ties map[pair]*tie
	of   map[int64][]*tie // by person
}

type pair struct{ a, b int64 }

func pairOf(a, b int64) pair {
	if a > b {
		a, b = b, a
	}
	return pair{a, b}
}

// tie is what two people have behind them.
type tie struct {
	pair
	end     time.Time // of the last meeting
	had     bool      // a meeting
	met     bool      // in any: with media on both sides
	blocked bool
}

// NewKnown knows nothing.
func NewKnown() *Known { return &Known{ties: map[pair]*tie{}, of: map[int64][]*tie{}} }

// Meeting notes that two people had a meeting which ended then, and whether they met in it: both had media.
func (k *Known) Meeting(a, b int64, end time.Time, met bool) {
	t := k.between(a, b)
	if !t.had || end.After(t.end) {
		t.end = end
	}
	t.had, t.met = true, t.met || met
}

// Block notes that one of two people never wants to meet the other again.
func (k *Known) Block(a, b int64) { k.between(a, b).blocked = true }

func (k *Known) between(a, b int64) *tie {
	p := pairOf(a, b)
	t := k.ties[p]
	if t == nil {
		t = &tie{pair: p}
		k.ties[p] = t
		k.of[a], k.of[b] = append(k.of[a], t), append(k.of[b], t)
	}
	return t
}

// Blocked reports whether one of them has blocked the other.
func (k *Known) Blocked(a, b int64) bool {
	t := k.ties[pairOf(a, b)]
	return t != nil && t.blocked
}

// Last is when the last meeting of the two ended, zero if there was none, and whether they have met.
func (k *Known) Last(a, b int64) (end time.Time, met bool) {
	if t := k.ties[pairOf(a, b)]; t != nil {
		return t.end, t.met
	}
	return time.Time{}, false
}
