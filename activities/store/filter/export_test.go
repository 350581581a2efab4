package filter

import "pgregory.net/rapid"

// Draw gives the tests of the SQL every kind of filter.
func Draw(t *rapid.T) Expr { return Expr{root: drawNode(t, 3)} }
