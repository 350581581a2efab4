package matching

import "fmt"

// Text is the reason in English, for people who may see the program's rules. It names no person.
func (r Reason) Text() string {
	d := r.Detail
	switch r.Kind {
	case KindNoRepeat:
		if r.Held {
			return "Nobody here has met before."
		}
		return fmt.Sprintf("%s met before: %s, last %s ago.",
			count(d.Broken, "pair"), count(d.Times, "meeting"), count(d.RoundsAgo, "round"))
	case KindSame:
		if r.Held {
			return fmt.Sprintf("All share the same %s.", r.Attribute)
		}
		return fmt.Sprintf("%d of %s do not share the same %s.", d.Broken, count(d.Pairs, "pair"), r.Attribute)
	case KindDifferent:
		if r.Held {
			return fmt.Sprintf("All differ in %s.", r.Attribute)
		}
		return fmt.Sprintf("%d of %s have the same %s.", d.Broken, count(d.Pairs, "pair"), r.Attribute)
	case KindWith, KindApart, KindBetween:
		words := sideWords[r.Kind]
		if r.Held {
			return words.held
		}
		return fmt.Sprintf("%d of %s %s.", d.Broken, count(d.Pairs, "pair"), words.broken)
	case KindFewShared:
		if r.Held {
			return fmt.Sprintf("Nobody here shares any %s.", r.Attribute)
		}
		return fmt.Sprintf("%d of %s share %s.", d.Broken, count(d.Pairs, "pair"), r.Attribute)
	case KindSeats:
		if r.Held {
			return "The group is made up as the program says."
		}
		return "The group is not made up as the program says."
	case KindWishes:
		switch {
		case !r.Held:
			return fmt.Sprintf("%s to avoid somebody could not be met.", count(d.Avoided, "wish"))
		case d.Wished > 0:
			return fmt.Sprintf("%s to meet came true.", count(d.Wished, "wish"))
		}
		return "Nobody here wanted to avoid another."
	case KindNever:
		return fmt.Sprintf("%s must never meet.", count(d.Broken, "pair"))
	case KindForbidden:
		return fmt.Sprintf("%s must not meet this time.", count(d.Broken, "pair"))
	case KindOdd:
		return fmt.Sprintf("The numbers did not divide evenly, so this is a group of %d.", d.Size)
	}
	return string(r.Kind)
}

var sideWords = map[RuleKind]struct{ held, broken string }{
	KindWith:    {"People meet whom the rule wants them to.", "do not meet whom the rule wants"},
	KindApart:   {"Nobody here should be kept apart.", "should be kept apart"},
	KindBetween: {"All meet across the two audiences.", "are not across the two audiences"},
}

// Text is the reason in English, fit to be told to the person.
func (u Unmatched) Text() string {
	switch u.Code {
	case CodeAlone:
		return "There was nobody else to meet."
	case CodeNotDrawn:
		return "The lot fell on others this time."
	case CodeNoSeat:
		return "The groups of this program are made up in a way that leaves no place for you."
	case CodeBlocked:
		return fmt.Sprintf("The program's rules allow none of the others: %s.", u.rule())
	}
	if u.Kind == "" {
		return "There was no room left in any group."
	}
	return fmt.Sprintf("All who may be met are in groups with no room for one more. What leaves the fewest: %s.", u.rule())
}

func (u Unmatched) rule() string {
	switch u.Kind {
	case KindNoRepeat:
		return "people who met before do not meet again"
	case KindSame:
		return fmt.Sprintf("people must share the same %s", u.Attribute)
	case KindDifferent:
		return fmt.Sprintf("people must differ in %s", u.Attribute)
	case KindWishes:
		return "nobody meets whom they want to avoid"
	case KindWith, KindBetween:
		return fmt.Sprintf("the rule on %s says who meets whom", u.Attribute)
	case KindApart:
		return fmt.Sprintf("the rule on %s keeps people apart", u.Attribute)
	case KindFewShared:
		return fmt.Sprintf("people must share no %s", u.Attribute)
	}
	return "some people are kept apart"
}

// Text is the price in English.
func (p Price) Text(rules []Rule) string {
	c, levels := p.Change, Levels(rules)
	for i, n := range c.figures() {
		switch {
		case n == 0:
			continue
		case n < 0:
			return "Groups made anew would be better altogether."
		case i == 0:
			return fmt.Sprintf("So many more people would be in no group: %d.", c.Unmatched)
		case i == 1+c.OddRank:
			return "Somebody would be in an odd group, or left out, sooner than it is their turn."
		case i > c.OddRank: // turns stand before it
			i--
		}
		return fmt.Sprintf("Rule %d would be broken more: %+d %s.", levels[i-1].Rule+1, n, levels[i-1].Unit)
	}
	return "Another group would break it instead."
}

// Text is the remedy in English. It names no person.
func (r Remedy) Text() string {
	switch r.Kind {
	case RemedySolve:
		return "Making the groups anew finds a place."
	case RemedyPair:
		return "Letting the person meet one they are kept apart from finds a place."
	case RemedyExempt:
		return fmt.Sprintf("Freeing the person of one hard rule finds a place: %s.", Unmatched{Kind: r.RuleKind, Attribute: r.Attribute}.rule())
	case RemedyAll:
		return "Freeing the person of all hard rules and of all pairs kept apart finds a place."
	case RemedyOneMore:
		return "One more person whom anybody may meet makes a place."
	}
	return "No change to this person alone finds a place."
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if noun == "wish" {
		noun = "wishe"
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
