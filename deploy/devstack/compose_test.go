package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	compose "github.com/compose-spec/compose-go/v2/cli"
	"github.com/stretchr/testify/require"
)

// composeFile is the deployment for people who have Docker; here it is only read, by the library that Docker reads it with.
const composeFile = "../../docker-compose.yml"

func load(t *testing.T, env []string) error {
	t.Helper()
	o, err := compose.NewProjectOptions([]string{composeFile}, compose.WithEnv(env), compose.WithInterpolation(true))
	require.NoError(t, err)
	p, err := o.LoadProject(t.Context())
	if err != nil {
		return err
	}
	require.ElementsMatch(t, []string{"postgres", "temporal-schema", "temporal", "temporal-ui", "livekit", "migrate", "api", "worker"}, p.ServiceNames())
	require.Empty(t, p.Services["worker"].Ports, "a worker that publishes a port cannot be scaled")
	for name, s := range p.Services {
		for _, v := range s.Volumes {
			if v.Type == "bind" {
				require.FileExists(t, v.Source, "service %s mounts it", name)
			}
		}
		if s.Build != nil {
			require.FileExists(t, filepath.Join(s.Build.Context, s.Build.Dockerfile))
		}
	}
	return nil
}

// example is every variable of the example file, each with a value.
func example(t *testing.T) []string {
	t.Helper()
	f, err := os.Open("../compose.env.example")
	require.NoError(t, err)
	defer f.Close()
	var env []string
	for s := bufio.NewScanner(f); s.Scan(); {
		if name, _, ok := strings.Cut(s.Text(), "="); ok && !strings.HasPrefix(name, "#") {
			env = append(env, name+"=x")
		}
	}
	return env
}

func TestComposeFile(t *testing.T) {
	env := example(t)
	require.NoError(t, load(t, env))
	for i, missing := range env {
		without := append(append([]string{}, env[:i]...), env[i+1:]...)
		name, _, _ := strings.Cut(missing, "=")
		require.ErrorContains(t, load(t, without), name, "nothing has a default: a missing %s stops the start", name)
	}
}
