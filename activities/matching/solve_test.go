package matching

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		n, k int
		want []int
	}{
		{0, 2, nil}, {1, 2, nil}, {2, 2, []int{2}}, {3, 2, []int{3}}, {4, 2, []int{2, 2}}, {5, 2, []int{3, 2}},
		{9, 4, []int{5, 4}}, {10, 4, []int{5, 5}}, {11, 4, []int{4, 4, 3}}, {7, 4, []int{4, 3}}, {3, 4, []int{3}},
		{15, 8, []int{8, 7}}, {8, 8, []int{8}}, {16, 8, []int{8, 8}}, {9, 8, []int{9}}, {2, 8, []int{2}},
		{8, 3, []int{4, 4}}, {5, 3, []int{3, 2}}, {4, 3, []int{4}},
	} {
		require.Equal(t, c.want, sizes(c.n, c.k), "%d people in groups of %d", c.n, c.k)
	}
}
