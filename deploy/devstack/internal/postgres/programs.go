// Package postgres runs the PostgreSQL programs of the machine: it finds them,
// keeps a ready-made data folder in a cache, and starts copies of it.
package postgres

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldest is the first major version whose btree_gin extension, which Temporal's
// schema needs, an owner of a database may create.
const oldest = 13

// folders are where packages put the programs, besides PATH.
var folders = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/usr/libexec/postgresql*",
	"/usr/local/pgsql/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/Library/PostgreSQL/*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// Programs is one installation of PostgreSQL and the account that runs it.
type Programs struct {
	// Bin is the folder with initdb and postgres, Version the answer of
	// postgres --version, Major its first number.
	Bin, Version string
	Major        int
	account      account
}

// Find returns the installation to use: the first of PATH, then the newest of
// the usual folders. With major other than 0 only that major version will do.
func Find(major int) (Programs, error) {
	who, err := chooseAccount()
	if err != nil {
		return Programs{}, err
	}
	var found []Programs
	var reasons []error
	for i, bin := range candidates() {
		p, err := inspect(bin, who)
		switch {
		case err != nil:
			reasons = append(reasons, err)
		case p.Major < oldest:
			reasons = append(reasons, fmt.Errorf("%s is version %d, too old", bin, p.Major))
		case major != 0 && p.Major != major:
			reasons = append(reasons, fmt.Errorf("%s is version %d, the data folder needs %d", bin, p.Major, major))
		case i == 0:
			return p, nil
		default:
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return Programs{}, fmt.Errorf("no usable PostgreSQL: install version %d or later (package postgresql), or put the folder with initdb and postgres in PATH\n%w", max(major, oldest), errors.Join(reasons...))
	}
	return slices.MaxFunc(found, func(a, b Programs) int { return a.Major - b.Major }), nil
}

// candidates lists folders that hold both programs, the one of PATH first.
func candidates() []string {
	var bins []string
	add := func(bin string) {
		if file, err := filepath.EvalSymlinks(filepath.Join(bin, "initdb")); err == nil {
			bin = filepath.Dir(file)
			if _, err := exec.LookPath(filepath.Join(bin, "postgres")); err == nil && !slices.Contains(bins, bin) {
				bins = append(bins, bin)
			}
		}
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		add(filepath.Dir(path))
	}
	for _, pattern := range folders {
		matches, _ := filepath.Glob(pattern) // the patterns are constants and well formed
		for _, bin := range matches {
			add(bin)
		}
	}
	return bins
}

func inspect(bin string, who account) (Programs, error) {
	p := Programs{Bin: bin, account: who}
	out, err := p.command("/", "postgres", "--version").Output()
	if err != nil {
		return p, fmt.Errorf("%s as user %s: %w", bin, who, err)
	}
	match := versionPattern.FindSubmatch(out)
	if match == nil {
		return p, fmt.Errorf("%s answers %q to --version", bin, out)
	}
	p.Version = string(out)
	p.Major, err = strconv.Atoi(string(match[1]))
	return p, err
}
