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

// Asset reads a file that Vite built. Its name holds a hash of its content, so it may be kept for ever.
func Asset(name string) ([]byte, error) {
	if name != path.Base(name) || name == manifestName {
		return nil, fs.ErrNotExist
	}
	return files.ReadFile("dist/assets/" + name)
}

const manifestName = "manifest.json"

// entry is what a page loads, as Vite's manifest names it.
type entry struct {
	File string   `json:"file"`
	CSS  []string `json:"css"`
}

var (
	assets = builtEntry()
	pages  = parse()
)

// builtEntry finds the names of the built files; without a build there are none.
func builtEntry() entry {
	b, err := files.ReadFile("dist/assets/" + manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return entry{}
	}
	var manifest map[string]entry
	if err == nil {
		err = json.Unmarshal(b, &manifest)
	}
	if err != nil {
		panic(fmt.Errorf("the manifest of the pages, which Vite wrote: %w", err))
	}
	return manifest["src/main.ts"]
}

// Built reports whether there are styles and scripts.
func Built() bool { return assets.File != "" }

func parse() map[string]*template.Template {
	shared := []string{"templates/layout.html", "templates/parts.html"}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		panic(err) // the pattern is ours
	}
	all := map[string]*template.Template{}
	for _, name := range names {
		if !slices.Contains(shared, name) {
			t := template.Must(template.ParseFS(files, append(slices.Clone(shared), name)...))
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
	err := t.ExecuteTemplate(w, "layout.html", struct {
		Page
		Assets entry
	}{p, assets})
	if err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	return nil
}
