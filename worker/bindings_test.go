package worker

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities"
	"rondo/workflows"
)

func TestEveryActivityThatWorkflowsAskForIsBoundOnce(t *testing.T) {
	bound := []string{}
	for _, b := range bindings(&activities.Activities{}) {
		bound = append(bound, b.name)
		require.Contains(t, []string{workflows.QueueRounds, workflows.QueueSequences, workflows.QueueMail, workflows.QueueLobby}, b.queue, b.name)
	}
	require.ElementsMatch(t, references(t), bound)
}

// references reads the wire names of all activity references from the source of package workflows.
func references(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../workflows/references.go", nil, 0)
	require.NoError(t, err)
	var names []string
	ast.Inspect(file, func(n ast.Node) bool {
		pair, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		if key, ok := pair.Key.(*ast.Ident); ok && key.Name == "Name" {
			name, err := strconv.Unquote(pair.Value.(*ast.BasicLit).Value)
			require.NoError(t, err)
			names = append(names, name)
		}
		return true
	})
	require.NotEmpty(t, names)
	return names
}
