package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryBuiltFileIsServed(t *testing.T) {
	if !Built() {
		t.Skip("nothing is built: run `make web`")
	}
	endings := map[string]bool{}
	require.NoError(t, fs.WalkDir(files, "dist/assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Base(name) == manifestName {
			return err
		}
		asked := strings.TrimSuffix(strings.TrimPrefix(name, assetsDir), packedExt)
		content, packed, err := Asset(asked)
		require.NoError(t, err, asked)
		require.Equal(t, strings.HasSuffix(name, packedExt), packed, asked)
		if packed {
			r, err := gzip.NewReader(bytes.NewReader(content))
			require.NoError(t, err, asked)
			content, err = io.ReadAll(r)
			require.NoError(t, err, asked)
		}
		require.NotEmpty(t, content, asked)
		endings[path.Ext(asked)] = true
		return nil
	}))
	require.Equal(t, map[string]bool{".css": true, ".js": true, ".wasm": true, ".tflite": true}, endings)
}

func TestNothingElseIsServed(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../web.go", "/etc/passwd", "manifest.json", "vision", "x/../manifest.json", "a\x00b"} {
		_, _, err := Asset(name)
		require.Error(t, err, "%q", name)
	}
	require.NoError(t, fs.WalkDir(files, "dist/assets", func(name string, d fs.DirEntry, err error) error {
		if err == nil && (d.IsDir() || path.Ext(name) == packedExt) {
			_, _, asked := Asset(strings.TrimPrefix(strings.TrimPrefix(name, "dist/assets"), "/"))
			require.Error(t, asked, "%q", name)
		}
		return nil // without a build there is no folder
	}))
}

func TestTheRoomLoadsItsOwnScript(t *testing.T) {
	if !Built() {
		t.Skip("nothing is built: run `make web`")
	}
	var room, home bytes.Buffer
	require.NoError(t, Render(&room, "room", Page{Title: "x", Content: struct{ Base, Path, Video, Session string }{"/base", "/base/n/TOKEN", "wss://video.example", "Meet & greet"}}))
	require.NoError(t, Render(&home, "home", Page{Title: "x", Content: struct{ Docs, OpenAPI, Health string }{}}))
	require.Contains(t, room.String(), `data-base="/base" data-token-path="/base/n/TOKEN" data-video="wss://video.example"`)
	require.Contains(t, room.String(), manifest["src/room/main.ts"].File)
	require.Contains(t, room.String(), "Meet &amp; greet")
	require.NotContains(t, home.String(), manifest["src/room/main.ts"].File)
}
