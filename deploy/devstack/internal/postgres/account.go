package postgres

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// account is the user that runs the programs. The zero value is the user of
// this process.
type account struct {
	name       string
	credential *syscall.Credential
}

func (a account) String() string {
	if a.credential == nil {
		return strconv.Itoa(os.Getuid())
	}
	return a.name
}

// chooseAccount returns another user when this process is root, because
// PostgreSQL refuses to run as root.
func chooseAccount() (account, error) {
	if os.Getuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("user %s: %w", name, err)
		}
		return account{name, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return account{}, fmt.Errorf("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody")
}

// own hands path to the account.
func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Lchown(path, int(a.credential.Uid), int(a.credential.Gid))
}

// command prepares one of the programs in dir, as the account, in an environment
// that no PG or locale variable of the caller reaches.
func (p Programs) command(dir, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.Bin, program), args...) //nolint:gosec // a program found by Find
	cmd.Dir = dir
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "PG") && !strings.HasPrefix(v, "LC_") && !strings.HasPrefix(v, "LANG") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.account.credential}
	return cmd
}

// Reaches reports whether the programs can work in the existing folder dir,
// which they cannot when a folder above it is closed to their account.
func (p Programs) Reaches(dir string) bool {
	return p.command(dir, "postgres", "--version").Run() == nil
}

// FolderMode is the mode for a folder that leads to a data folder: closed to
// others, but with a way through for the account that runs the programs.
func (p Programs) FolderMode() os.FileMode {
	if p.account.credential == nil {
		return 0o700
	}
	return 0o711
}
