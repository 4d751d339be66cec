package project

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/config/repofs"
)

// previous moves the results of a check out of the way.
func previous(root *os.Root, name string) error {
	to := path.Join(PreviousDir, name)
	// A link in its place leads nowhere that is wanted.
	if info, err := root.Lstat(PreviousDir); err == nil && !info.IsDir() {
		if err := root.RemoveAll(PreviousDir); err != nil {
			return err
		}
	}
	if err := root.MkdirAll(PreviousDir, 0o755); err != nil {
		return err
	}
	if err := root.RemoveAll(to); err != nil {
		return err
	}
	return root.Rename(name, to)
}

// removeOthers removes what is in a directory and not in the list, but for a
// build, which does not know of all checks.
func removeOthers(root *os.Root, dir string, keep []string, build bool) error {
	entries, err := fs.ReadDir(root.FS(), dir)
	if err != nil || build {
		return nil // there is none, or none that is a directory
	}
	for _, entry := range entries {
		if !slices.Contains(keep, entry.Name()) {
			if err := root.RemoveAll(path.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkDirs are the names of directories of checks: those of the configuration
// and those of the run before. What else is there, somebody else put there.
type checkDirs struct{ own, before []string }

// maxSummary is how many bytes of an earlier summary are read, which can be the
// repository's own file.
const maxSummary = 64 << 20

func (r *Results) checkDirs() checkDirs {
	dirs := checkDirs{own: []string{"image"}}
	for _, c := range r.cfg.Checks {
		dirs.own = append(dirs.own, c.Name)
	}
	var before struct{ Checks []struct{ Name string } }
	if text, err := repofs.ReadWithin(r.cfg.Output, filepath.Join(r.cfg.Output, report.SummaryFile), maxSummary); err != nil || json.Unmarshal(text, &before) != nil {
		return dirs
	}
	for _, c := range before.Checks {
		if c.Name != "bin" && c.Name != "lib" && !strings.HasPrefix(c.Name, ".") && !slices.Contains(dirs.own, c.Name) {
			dirs.before = append(dirs.before, c.Name)
		}
	}
	return dirs
}

func (r *Results) forget() (err error) {
	root, err := os.OpenRoot(r.cfg.Output)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	entries, err := fs.ReadDir(root.FS(), PreviousDir)
	if err != nil {
		return nil // there is none
	}
	left := len(entries)
	for _, entry := range entries {
		if _, err := root.Lstat(entry.Name()); err != nil {
			continue
		}
		if err := root.RemoveAll(path.Join(PreviousDir, entry.Name())); err != nil {
			return err
		}
		left--
	}
	if left == 0 {
		return root.Remove(PreviousDir)
	}
	return nil
}
