// Package blossom finds matchings of the greatest weight in general graphs, and proves them.
//
// It is pure and deterministic: the same edges in the same order give the same matching on every machine.
//
// The method is Edmonds' (Paths, trees, and flowers, 1965; Maximum matching and a polyhedron with 0,1-vertices, 1965), with
// alternating trees grown from all unmatched vertices at once as Galil explains (Efficient algorithms for finding maximum
// matching in graphs, ACM Computing Surveys 18, 1986). Every vertex v has a dual y >= 0, every odd set B, a blossom, a dual
// z >= 0, and the slack of an edge,
//
//	y(u) + y(v) + sum of z(B) over blossoms B that hold both - weight(u, v),
//
// is never negative and is 0 for matched edges and edges of blossoms. Duals of a tree change at unit speed in one common
// time, so that the moment at which an edge gets tight is known when it is first looked at, and one heap of such events
// drives all trees. Stored duals do not move; only what becomes labelled, or ceases to be, is touched. When every vertex
// with a dual above 0 is matched, the duals prove that nothing weighs more: see [Certificate] and [Verify].
//
// Three things make it fast in practice. A first matching by bids leaves a few in a hundred vertices for trees. A
// blossom that opens or merges relabels all but its largest part, so that deep nests cost n log n and not n^2. And
// what a felled tree offered to others is forgotten only when it would have happened.
//
// Each of at most n/2 augmentations fells two trees; between two of them every edge of a tree is looked at once, so the
// bound is O(n m log n) for n vertices and m edges. Trees share the graph between them, so that a felled one holds a small
// part of it: measured time grows nearly as m log n. Memory is about 100 bytes for each vertex and 40 for each edge, and 24
// for each event outstanding.
package blossom
