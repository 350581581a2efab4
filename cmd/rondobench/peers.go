package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

type peersCommand struct {
	Seeds   int `default:"10" help:"How many programs to play for each line of the table; a fifth of it where they have 1,000 members."`
	Largest int `default:"1000" help:"Leave out programs of more members."`
}

// cell is a kind of program.
type cell struct {
	members, rounds int
	shares          []int // of teams, in a hundred
}

func (c cell) String() string {
	return fmt.Sprintf("%d members, %d rounds, %d %% in one team", c.members, c.rounds, c.shares[0])
}

// played is how all went in a cell, by model.
type played struct {
	cell
	asTheyAre []tally
	inThrees  []tally // the same with model.inThrees: all models seat the same people in as many pairs
}

// Run plays programs under all models, with the same people taking part in the same rounds.
func (c *peersCommand) Run(ctx context.Context) error {
	start := time.Now()
	var all []played
	for _, cell := range c.cells() {
		fmt.Fprintf(os.Stderr, "%s ...\n", cell)
		p := played{cell, make([]tally, len(models)), make([]tally, len(models))}
		seeds := c.Seeds
		if cell.members >= 1000 {
			seeds = max(1, seeds/5)
		}
		for seed := range uint64(seeds) {
			if err := p.play(ctx, seed); err != nil {
				return fmt.Errorf("%s: %w", cell, err)
			}
		}
		all = append(all, p)
	}
	return reportPeers(all, time.Since(start))
}

func (c *peersCommand) cells() []cell {
	var cells []cell
	for _, members := range []int{20, 21, 50, 200, 1000} {
		for _, rounds := range []int{12, 26, 52} {
			for _, shares := range [][]int{teamShares, {65, 15, 10, 5, 5}} {
				if members <= c.Largest {
					cells = append(cells, cell{members, rounds, shares})
				}
			}
		}
	}
	return cells
}

// play plays one program under each model.
func (p *played) play(ctx context.Context, seed uint64) error {
	r := newRoster(p.cell, seed)
	for i, m := range models {
		t, err := play(ctx, r, m, seed)
		if err != nil {
			return err
		}
		p.asTheyAre[i].add(t)
		if i >= firstPeer {
			if t, err = play(ctx, r, m.inThrees(), seed); err != nil {
				return err
			}
		}
		p.inThrees[i].add(t)
	}
	return nil
}

// better is a peer that did better than Rondo: it has a lower share of repeats or, with as low a one, of pairs from one
// team. Peers that leave more people out are not compared.
type better struct {
	model string
	tally
	fair bool // and its odd turns were as fairly spread
}

// better names the peers that did better: in threes, or as they are, where being left out because not all fit in pairs counts
// for nothing.
func (p *played) better(threes bool) []better {
	tallies := p.asTheyAre
	if threes {
		tallies = p.inThrees
	}
	us := p.inThrees[ours]
	var found []better
	for i, t := range tallies {
		left := t.left
		if !threes {
			left -= t.oddRounds
		}
		if i < firstPeer || left > us.left {
			continue
		}
		repeats := t.repeats*us.pairs - us.repeats*t.pairs
		same := t.same*us.pairs - us.same*t.pairs
		if repeats < 0 || repeats == 0 && same < 0 {
			found = append(found, better{models[i].name, t, t.above <= us.above})
		}
	}
	return found
}

// zeroPossible says that some model seated all and repeated nothing.
func (p *played) zeroPossible() bool {
	for _, t := range p.inThrees {
		if t.left == 0 && t.repeats == 0 {
			return true
		}
	}
	return false
}
