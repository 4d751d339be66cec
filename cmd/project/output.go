package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cranekit/cranekit/config/repofs"
)

const (
	// outputMark is the file that marks an output directory as cranekit's and
	// keeps git from listing what is in it.
	outputMark = ".gitignore"
	markText   = "# Made by cranekit: each run replaces what is in this directory.\n*\n"
)

// claimOutput makes the output directory. One that is there already has to be
// cranekit's own or empty: directories in it are replaced.
func claimOutput(dir, workspace string) error {
	fresh, err := CheckOutput(dir, workspace)
	if err != nil || !fresh {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Usage(err)
	}
	if err := writeMark(dir); err != nil {
		return Usage(err)
	}
	return nil
}

// writeMark marks a directory that has no mark.
func writeMark(dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, outputMark), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(markText)
	return errors.Join(err, f.Close())
}

// CheckOutput says why a directory cannot be the output directory, and whether
// it has yet to be made cranekit's.
func CheckOutput(dir, workspace string) (fresh bool, err error) {
	if rel, err := filepath.Rel(Resolve(dir), Resolve(workspace)); err == nil && filepath.IsLocal(rel) {
		return false, Usage(fmt.Errorf("%s holds the workspace", dir))
	}
	if to, err := os.Readlink(dir); err == nil {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return false, Usage(fmt.Errorf("%s is a link to %s, which is not there: remove the link", dir, to))
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, Usage(err)
	}
	if len(entries) == 0 {
		return true, nil
	}
	// It can be the repository's: a link to a device, a pipe.
	text, err := repofs.ReadWithin(dir, filepath.Join(dir, outputMark), int64(len(markText)))
	if err != nil || string(text) != markText {
		return false, Usage(fmt.Errorf("%s is not empty and not cranekit's", dir))
	}
	return false, nil
}

// Resolve follows the symbolic links in a path as far as it exists.
func Resolve(path string) string {
	rest := ""
	for dir := path; ; dir = filepath.Dir(dir) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest)
		}
		if dir == filepath.Dir(dir) {
			return path
		}
		rest = filepath.Join(strings.TrimPrefix(dir, filepath.Dir(dir)), rest)
	}
}

// ShortPath is relative to the working directory where that is shorter.
func ShortPath(dir string) string {
	wd, err := os.Getwd()
	if err != nil {
		return dir
	}
	if rel, err := filepath.Rel(wd, dir); err == nil && len(rel) < len(dir) {
		return rel
	}
	return dir
}
