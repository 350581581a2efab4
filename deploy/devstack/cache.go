package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// cacheFolder is where ready-made data folders are kept between runs: the
// user's cache, or a folder of this user's own in the temporary folder when the
// user has no home that can be written.
func cacheFolder() (string, error) {
	if base, err := os.UserCacheDir(); err == nil {
		dir := filepath.Join(base, "rondo-devstack")
		if os.MkdirAll(dir, 0o700) == nil {
			return dir, nil
		}
	}
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("rondo-cache-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("cache folder: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", fmt.Errorf("cache folder: %w", err)
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != os.Getuid() || !info.IsDir() {
		return "", fmt.Errorf("cache folder %s belongs to someone else", dir)
	}
	return dir, nil
}
