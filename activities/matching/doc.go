// Package matching decides who meets whom in a round.
//
// It is pure: no I/O, no clock, no state. The same [Problem] with the same seed gives the same [Result] on every run
// and machine, in whatever order its lists come, as long as [Engine] is the same.
//
// What is wanted, each line outranking all below it:
//
//  1. Hard rules hold: never-together and forbidden pairs, rules marked hard, pinned groups as they are.
//  2. As many people as possible are in a group.
//  3. Whoever is in an odd-sized group, or left out, was so least often before.
//  4. The soft rules, in the order given; see [Levels] for what each counts.
//  5. Chance, drawn from the seed.
//
// Group sizes: an odd person makes a group larger by one. Where that cannot seat everybody (11 people in fours) the
// sizes that differ least from the wanted one are taken, larger before smaller. Sizes apply to each set of people that
// hard "same" rules keep apart from the others.
//
// Modes other than random say so themselves: see [Mode]. Which answers are proven: see [Result.Exact].
//
// [Solve] decides a round, [Predict] the next ones, [Repair] mends it, [Evaluate] and [Board] judge edits, [PriceOf] and
// [RemedyOf] explain by solving again. Pairs are solved in package blossom: all of them up to 200 members, above that on a
// market that looks at some pairs and prices the others.
package matching

// Engine names the version of the decisions made here. It is recorded beside the seed: a replay needs the same engine.
const Engine = "market-2"
