package main

// roster is who is in a program and takes part in its rounds: the same for all models.
type roster struct {
	teams  []int     // by person
	rounds [][]int32 // who takes part, by round
}

// Of a hundred members, so many take part in a round, and so many leave for ever before each but the first. Somebody new
// comes for each who leaves.
const (
	takesPart = 70
	leaves    = 2
)

func newRoster(c cell, seed uint64) roster {
	r := newRandom(seed, uint64(c.members*1000+c.rounds))
	var made roster
	join := func() int32 {
		made.teams = append(made.teams, drawTeam(r, c.shares))
		return int32(len(made.teams) - 1)
	}
	members := make([]int32, c.members)
	for i := range members {
		members[i] = join()
	}
	for round := range c.rounds {
		var who []int32
		for i := range members {
			if round > 0 && r.IntN(100) < leaves {
				members[i] = join()
			}
			if r.IntN(100) < takesPart {
				who = append(who, members[i])
			}
		}
		made.rounds = append(made.rounds, who)
	}
	return made
}

// memory is who met whom under one model.
type memory struct {
	people      int
	times, last []uint8 // by pair: how often they met, and in which round last
}

func newMemory(people int) *memory {
	return &memory{people, make([]uint8, people*people), make([]uint8, people*people)}
}

func (m *memory) met(a, b int32) int  { return int(m.times[int(a)*m.people+int(b)]) }
func (m *memory) when(a, b int32) int { return int(m.last[int(a)*m.people+int(b)]) }

func (m *memory) meet(a, b int32, round int) {
	for _, at := range [...]int{int(a)*m.people + int(b), int(b)*m.people + int(a)} {
		m.times[at]++
		m.last[at] = uint8(round)
	}
}
