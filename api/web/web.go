// Package web holds the pages for people: Go templates, and the styles and scripts that Vite builds from src. Without a
// build the pages are the same, but plain.
package web

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed all:dist templates favicon.svg
var files embed.FS

// Favicon is the picture of a browser tab, as SVG.
func Favicon() []byte {
	b, err := files.ReadFile("favicon.svg")
	if err != nil {
		panic(err) // embedded: only a missing file in the source tree
	}
	return b
}

// Asset reads a file that Vite built, by its path below the built files. Path and content go together for ever: the name or
// its folder holds a hash. Large files are kept packed: packed says that the content is gzip's.
func Asset(name string) (content []byte, packed bool, err error) {
	if !fs.ValidPath(name) || name == manifestName || path.Ext(name) == packedExt {
		return nil, false, fs.ErrNotExist
	}
	content, err = files.ReadFile(assetsDir + name)
	if errors.Is(err, fs.ErrNotExist) {
		content, err = files.ReadFile(assetsDir + name + packedExt)
		packed = true
	}
	return content, packed, err
}

const (
	assetsDir    = "dist/assets/"
	manifestName = "manifest.json"
	packedExt    = ".gz"
)

// entry is what a page loads, as Vite's manifest names it.
type entry struct {
	File string   `json:"file"`
	CSS  []string `json:"css"`
}

// roomPage is the page of a networking session; it has scripts and styles of its own.
const roomPage = "room"

var (
	manifest = built()
	shared   = manifest["src/main.ts"]
	assets   = map[string]entry{roomPage: manifest["src/room/main.ts"]}
	pages    = parse()
)

// built reads which files Vite built from which source; without a build there are none.
func built() map[string]entry {
	b, err := files.ReadFile(assetsDir + manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var m map[string]entry
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		panic(fmt.Errorf("the manifest of the pages, which Vite wrote: %w", err))
	}
	return m
}

// Built reports whether there are styles and scripts.
func Built() bool { return shared.File != "" }

func parse() map[string]*template.Template {
	frame := []string{"templates/layout.html", "templates/parts.html"}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		panic(err) // the pattern is ours
	}
	all := map[string]*template.Template{}
	for _, name := range names {
		if !slices.Contains(frame, name) {
			t := template.Must(template.ParseFS(files, append(slices.Clone(frame), name)...))
			all[strings.TrimSuffix(path.Base(name), ".html")] = t
		}
	}
	return all
}

// Page is what all pages have around their content.
type Page struct {
	// Base is the path below which the server is reached: empty at the root of its host.
	Base  string
	Title string
	// Program is the name shown above the content; empty for none.
	Program string
	// Notice says what the last action did.
	Notice string
	// Content is what the page's own template shows.
	Content any
}

// Render writes the page of that name, a file in templates.
func Render(w io.Writer, name string, p Page) error {
	t, ok := pages[name]
	if !ok {
		return fmt.Errorf("there is no page %q", name)
	}
	loads, own := assets[name]
	if !own {
		loads = shared
	}
	err := t.ExecuteTemplate(w, "layout.html", struct {
		Page
		Assets entry
	}{p, loads})
	if err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	return nil
}
