package git

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cranekit/cranekit/config/repofs"
)

// own is the path without links of a file or directory in a git directory. A
// link may lead to the same name in another git directory, as programs that
// share them make it, and nowhere else: what is there is read.
func own(dir, name string) (string, error) {
	at := filepath.Join(dir, filepath.FromSlash(name))
	real, err := filepath.EvalSymlinks(at)
	if err != nil {
		return "", err
	}
	top, ok := strings.CutSuffix(real, string(filepath.Separator)+filepath.FromSlash(name))
	for _, part := range []string{"HEAD", "objects", "refs"} {
		if _, err := os.Lstat(filepath.Join(top, part)); ok && top != dir && err != nil {
			ok = false
		}
	}
	if !ok {
		return "", fmt.Errorf("git cannot read it: %s is a link that leads out of it", at)
	}
	return real, nil
}

// readOwn reads a small file of a git directory.
func readOwn(dir, name string, limit int64) ([]byte, error) {
	at, err := own(dir, name)
	if err != nil {
		return nil, err
	}
	return repofs.ReadRegular(at, limit)
}

// copyOwn copies a small file of a git directory if it is there.
func copyOwn(to, dir, name string, limit int64) error {
	text, err := readOwn(dir, name, limit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, filepath.FromSlash(name)), text, 0o600)
}

// linkOwn makes a link in the directory to to what is in a git directory, if
// it is there: a file, or a directory with isDir.
func linkOwn(to, dir, name string, isDir bool) error {
	target, err := own(dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := os.Lstat(target)
	if err != nil {
		return err
	}
	if info.IsDir() != isDir || !isDir && !info.Mode().IsRegular() {
		return fmt.Errorf("git cannot read it: %s is not a plain file", target)
	}
	return os.Symlink(target, filepath.Join(to, name))
}

// checkRefs wants references to be plain files: a link could lead anywhere,
// and a pipe would be waited for.
func checkRefs(dir string) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // deleted in between
			return nil
		case err != nil:
			return err
		case name != dir && !d.IsDir() && !d.Type().IsRegular():
			return fmt.Errorf("git cannot read it: %s is not a plain file", name)
		}
		return nil
	})
}
