package matching

import "rondo/activities/matching/blossom"

// wide holds lexicographic costs packed side by side.
type wide = blossom.Weight

// absent is more than every cost: the edge is not there.
var absent = blossom.Max

func isAbsent(c wide) bool { return c == absent }
