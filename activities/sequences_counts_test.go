package activities_test

import (
	"fmt"
)

// counts are what happened in histories.
type counts struct {
	histories, contacts, people, turns, mails, doubts, expired, laters, refusals, tasks, days, violations, twice, planned int
	kills, late                                                                                                           map[string]int
	transitions, events, why, refused                                                                                     map[string]int
}

func newCounts() *counts {
	return &counts{kills: map[string]int{}, late: map[string]int{}, transitions: map[string]int{}, events: map[string]int{}, why: map[string]int{}, refused: map[string]int{}}
}

func (n *counts) add(o *counts) {
	n.histories++
	for _, x := range []struct{ to, from *int }{
		{&n.contacts, &o.contacts},
		{&n.people, &o.people},
		{&n.turns, &o.turns},
		{&n.mails, &o.mails},
		{&n.doubts, &o.doubts},
		{&n.expired, &o.expired},
		{&n.laters, &o.laters},
		{&n.refusals, &o.refusals},
		{&n.tasks, &o.tasks},
		{&n.days, &o.days},
		{&n.violations, &o.violations},
		{&n.twice, &o.twice},
		{&n.planned, &o.planned},
	} {
		*x.to += *x.from
	}
	for _, x := range []struct{ to, from map[string]int }{{n.kills, o.kills}, {n.late, o.late}, {n.transitions, o.transitions}, {n.events, o.events}, {n.why, o.why}, {n.refused, o.refused}} {
		for k, v := range x.from {
			x.to[k] += v
		}
	}
}

func (n *counts) String() string {
	return fmt.Sprintf("%d histories: %d people, %d enrollments, %d simulated days, %d turns, %d mails left or may have, %d tasks; provider: %d doubts (%d ended without evidence), %d later, %d refused; "+
		"kills %v, late answers %v; quota violations %d, sent twice %d, slots looked at after an edit %d\nevents %v\nrefused %v\ntransitions %v\nwaits at the end of the events %v",
		n.histories, n.people, n.contacts, n.days, n.turns, n.mails, n.tasks, n.doubts, n.expired, n.laters, n.refusals, n.kills, n.late, n.violations, n.twice, n.planned,
		n.events, n.refused, n.transitions, n.why)
}
