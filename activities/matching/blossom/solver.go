package blossom

type label uint8

const (
	unlabelled label = iota
	inner            // at odd distance from the root
	fresh            // outer, and its edges not yet looked at
	outer            // at even distance
)

// vertex fills one cache line.
type vertex struct {
	// y is the dual. Of outer vertices it falls with time and is stored plus the time they became outer; of inner ones it
	// rises and is stored less the time they became inner: changing the duals of a tree changes nothing stored.
	y Weight
	// key is when the best edge from an outer vertex gets tight; of inner vertices, whose edges stand still, when it would
	// if they had been let go at time 0. It may be outdated, and then is too early: see solver.renew.
	key   Weight
	from  int32 // the outer end of that edge, -1 for none
	via   int32 // its arc, either way
	mate  int32 // -1 for none
	set   int32 // names the topmost node: see solver.topOf
	tree  int32 // of a labelled vertex
	label label
}

// node is a vertex or a blossom: an odd circle of nodes, all but the first matched along it.
type node struct {
	parent int32 // blossom it lies in, -1 if topmost
	base   int32 // the vertex matched outside, or not at all
	size   int32 // vertices
	mark   int32 // the last walk that came by
	entry  edge  // of an inner node: the tree edge that leads into it
	circle *circle
}

type circle struct {
	z     Weight // dual; topmost in a tree it is stored like y, and moves twice as fast
	label label  // of a topmost one in a tree
	kids  []int32
	links []edge // links[i] leads from kids[i] to the next
}

type edge struct{ u, v int32 }

// tree is the alternating tree of one unmatched vertex.
type tree struct {
	end     Weight  // when the first of its outer vertices may go without
	members []int32 // labelled vertices; some twice, some let go again
	circles []int32 // labelled blossoms, likewise
}

type solver struct {
	*Graph
	v     []vertex
	nodes []node  // vertices, then blossoms
	topOf []int32 // topmost node by set
	spare []int32 // blossoms not in use

	now     Weight
	heap    heap
	queue   []int32 // fresh vertices
	trees   []tree
	alive   int // trees
	walk    int32
	scratch []int32
}
