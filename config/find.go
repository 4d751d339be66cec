package config

import (
	"os"
	"path/filepath"

	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/config/git"
	"github.com/cranekit/cranekit/config/repofs"
)

// FileName is the name of the configuration file.
const FileName = "crane.yaml"

// findFile looks for crane.yaml from dir upwards, but not beyond the root of
// the repository. Outside of a repository the nearest directory with a
// Cargo.lock is the last to be looked at, or else dir itself, so that a file
// of someone else's higher up is never taken.
func findFile(dir string) string {
	last := repository(dir)
	if last == "" {
		last = nearest(dir, "", holds("Cargo.lock"))
	}
	if last == "" {
		last = dir
	}
	if found := nearest(dir, last, holds(FileName)); found != "" {
		return filepath.Join(found, FileName)
	}
	return ""
}

// findWorkspace looks from dir upwards for the root Cargo.toml's directory:
// first beside a Cargo.lock, then one with a [workspace] table, then any.
func findWorkspace(dir string) string {
	last := repository(dir)
	manifest := holds("Cargo.toml")
	locked := func(d string) bool { return manifest(d) && holds("Cargo.lock")(d) }
	for _, want := range []func(string) bool{locked, isWorkspace, manifest} {
		if found := nearest(dir, last, want); found != "" {
			return found
		}
	}
	return ""
}

func isWorkspace(dir string) bool {
	data, err := repofs.ReadRegular(filepath.Join(dir, "Cargo.toml"), repofs.MaxFile)
	return err == nil && cargo.IsWorkspace(data)
}

// repository is the root of the git repository or worktree around dir, or "".
func repository(dir string) string {
	top, _ := git.Find(dir) // who reads the repository reports what is wrong
	return top
}

// nearest returns the first directory that is as wanted, from dir upwards to
// last, or to the root of the file system when last is "".
func nearest(dir, last string, want func(string) bool) string {
	for {
		if want(dir) {
			return dir
		}
		up := filepath.Dir(dir)
		if dir == last || up == dir {
			return ""
		}
		dir = up
	}
}

// holds makes a test for directories that hold a file of the name.
func holds(name string) func(dir string) bool {
	return func(dir string) bool {
		info, err := os.Stat(filepath.Join(dir, name))
		return err == nil && !info.IsDir()
	}
}
