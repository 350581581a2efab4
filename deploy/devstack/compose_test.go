package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	compose "github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/livekit/livekit-server/pkg/config"
	"github.com/stretchr/testify/require"
)

// composeFile is the deployment for people who have Docker; here it is only read, by the library that Docker reads it with.
const composeFile = "../../docker-compose.yml"

func load(t *testing.T, env []string) (*types.Project, error) {
	t.Helper()
	o, err := compose.NewProjectOptions([]string{composeFile}, compose.WithEnv(env), compose.WithInterpolation(true))
	require.NoError(t, err)
	p, err := o.LoadProject(t.Context())
	if err != nil {
		return nil, err
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
	return p, nil
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
	_, err := load(t, env)
	require.NoError(t, err)
	for i, missing := range env {
		without := append(append([]string{}, env[:i]...), env[i+1:]...)
		name, _, _ := strings.Cut(missing, "=")
		_, err := load(t, without)
		require.ErrorContains(t, err, name, "nothing has a default: a missing %s stops the start", name)
	}
}

// LiveKit and Rondo are told the same, in a way that LiveKit understands.
func TestComposeFileConnectsLiveKit(t *testing.T) {
	secret := strings.Repeat("0123456789abcdef", 4)
	p, err := load(t, append(example(t), "LIVEKIT_API_KEY=somebody", "LIVEKIT_API_SECRET="+secret))
	require.NoError(t, err)
	given := p.Services["livekit"].Environment
	conf, err := config.NewConfig(*given["LIVEKIT_CONFIG"], true, nil, nil)
	require.NoError(t, err)
	require.False(t, conf.Room.AutoCreate)
	require.Equal(t, []string{"http://api:8080" + liveKitPath}, conf.WebHook.URLs)
	require.Equal(t, "somebody", conf.WebHook.APIKey)
	require.Equal(t, []string{"room_started"}, conf.WebHook.FilterParams.ExcludeEvents)
	require.Equal(t, "somebody: "+secret, *given["LIVEKIT_KEYS"])
	for _, name := range []string{"api", "worker"} {
		env := p.Services[name].Environment
		require.Equal(t, "ws://livekit:7880", *env["RONDO_LIVEKIT_URL"])
		require.Equal(t, "x", *env["RONDO_LIVEKIT_PUBLIC_URL"])
		require.Equal(t, "somebody", *env["RONDO_LIVEKIT_API_KEY"])
		require.Equal(t, secret, *env["RONDO_LIVEKIT_API_SECRET"])
	}
}
