package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
	"rondo/activities/matching"
)

// MaxForecast is how many members times rounds a forecast may have: 5,000 members for a year of weekly rounds.
const MaxForecast = 260_000

// Prospect is a program as its next round would find it.
type Prospect struct {
	Problem matching.Problem // everybody eligible takes part; the seed is not drawn
	Asks    bool             // members are asked in each round whether they take part
	// OptInRate is which share of the invited took part over all rounds sent that asked as the program does now: 0..1,
	// 0 also where there was none.
	OptInRate float64
}

// Prospect reads what the engine would be asked if a round of the program were matched now. It refuses as
// forecast_too_large what exceeds MaxForecast.
func (db *DB) Prospect(ctx context.Context, program int64, rounds int) (Prospect, error) {
	p, err := liveProgram(ctx, db.pool, program)
	if err != nil {
		return Prospect{}, err
	}
	n, err := db.EligibleCount(ctx, program, p.Audience)
	if err != nil {
		return Prospect{}, err
	}
	if n*rounds > MaxForecast {
		return Prospect{}, fault.BadField("forecast_too_large", "body.rounds",
			"%d members for %d rounds are more than a forecast can have, which is %d together: ask for fewer rounds", n, rounds, MaxForecast)
	}
	out := Prospect{Asks: p.Participation == "ask"}
	err = pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if err := forMany(ctx, tx); err != nil {
			return err
		}
		if out.Problem, err = problemNow(ctx, tx, p); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `SELECT least(coalesce(sum(c.opted_in)::float8 / nullif(sum(c.invited), 0), 0), 1)
			FROM rounds r JOIN round_counts c ON c.round_id = r.id WHERE r.program_id = $1
			AND r.phase IN ('sending', 'sent', 'closed') AND (r.participation = 'ask' AND r.kind = 'automatic') = $2`, program, out.Asks).Scan(&out.OptInRate)
		if err != nil {
			return fmt.Errorf("measure the opt-in of program %d: %w", program, err)
		}
		return nil
	})
	return out, err
}

func problemNow(ctx context.Context, tx pgx.Tx, p Program) (matching.Problem, error) {
	rules, err := ParseRules(p.Rules)
	if err != nil {
		return matching.Problem{}, err
	}
	members, err := eligibleMembers(ctx, tx, p, ruleAttributes(rules, p.Seats))
	if err != nil {
		return matching.Problem{}, err
	}
	ids := make([]int64, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	return loadProblem(ctx, tx, p, rules, members, takers{`SELECT unnest($1::bigint[])`, ids})
}

// Names are what people are called, by id. Nobody is missing who exists.
func (db *DB) Names(ctx context.Context, people []int64) (map[int64]string, error) {
	rows, err := db.pool.Query(ctx, `SELECT id, name FROM people WHERE id = ANY ($1)`, people)
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	names := make(map[int64]string, len(people))
	var id int64
	var name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		names[id] = name
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	return names, nil
}
