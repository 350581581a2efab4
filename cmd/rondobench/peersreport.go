package main

import (
	"fmt"
	"os"
	"text/tabwriter"
	"time"
)

const peersLegend = `
repeats: pairs who met before; same team, likewise of all pairs; left out: of all who took part. Nobody stays without a partner
under Rondo: where not all fit in pairs, three meet, and are three pairs. The peers leave that person out; "in threes" they let
them join the pair where it costs least, so that all models make as many pairs.
above: odd turns (in a group of three, or left out) of whoever had most, above the least possible for the same turns.
again: least rounds between two odd turns of one person.
Turns last: with fair_turns ranked below all rules. None of the peers takes turns, so this is what is compared.

Rondo is worse in a cell if a peer in threes that leaves out no more people has fewer repeats, or as many and fewer pairs from
one team, over all rounds together. A peer is as fair if its "above" is no more than Rondo's.
`

func reportPeers(all []played, took time.Duration) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\t\t\t\t\t\t\t\t\tin threes:\t\t\t\t\t")
	fmt.Fprintln(w, "members\trounds\tone team\t\trepeats %\tsame team %\tleft out %\tabove\tagain\trepeats %\tsame team %\tleft out %\tabove\tagain\t")
	for _, p := range all {
		for i, m := range models {
			fmt.Fprintf(w, "%d\t%d\t%d %%\t%s\t%s\t%s\t\n", p.members, p.rounds, p.shares[0], m.name, p.asTheyAre[i], p.inThrees[i])
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Print(peersLegend, "\n")

	worse, worseAsFair, worseLeaving, repeats := 0, 0, 0, 0
	for _, p := range all {
		found, fair := p.better(true), 0
		for _, b := range found {
			as := "not as fair"
			if b.fair {
				as = "as fair"
				fair = 1
			}
			fmt.Printf("worse: %s: %s\n", p.cell, b.than(p.inThrees[ours], as))
		}
		worse, worseAsFair = worse+min(1, len(found)), worseAsFair+fair
		worseLeaving += min(1, len(p.better(false)))
		if p.zeroPossible() {
			repeats += p.inThrees[ours].repeats
		}
	}
	fmt.Printf("Beside peers that leave one out where not all fit in pairs, and so make fewer pairs, Rondo's shares are worse in %d cells.\n",
		worseLeaving)
	fmt.Printf("cells=%d worse_cells=%d worse_as_fair=%d worse_leaving_out=%d repeats_where_zero_possible=%d seconds=%.0f\n",
		len(all), worse, worseAsFair, worseLeaving, repeats, took.Seconds())
	return nil
}

// String is the cells of a tally.
func (t tally) String() string {
	again := "-"
	if t.again > 0 {
		again = fmt.Sprint(t.again)
	}
	return fmt.Sprintf("%.2f\t%.2f\t%.2f\t%d\t%s",
		percent(t.repeats, t.pairs), percent(t.same, t.pairs), percent(t.left, t.places), t.above, again)
}

func (b better) than(us tally, as string) string {
	return fmt.Sprintf("Rondo %d repeats, %d same team, above %d; %s %d, %d, %d (%s); of %d pairs",
		us.repeats, us.same, us.above, b.model, b.repeats, b.same, b.above, as, us.pairs)
}

func percent(part, of int) float64 { return 100 * float64(part) / float64(max(1, of)) }
