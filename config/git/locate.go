package git

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/cranekit/cranekit/config/repofs"
)

// maxPointer is more than any file has that names a git directory or a commit,
// in bytes.
const maxPointer = 64 << 10

// locate finds the git directories of the work tree. In a linked work tree and
// in a submodule, .git is a file that names one elsewhere; gitfile is that
// file.
func (r *Repository) locate() (gitfile string, err error) {
	at := filepath.Join(r.Top, metadata)
	info, err := os.Lstat(at)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		info, err = linkedDir(at)
	}
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		r.dir = at
	case info.Mode().IsRegular():
		gitfile = at
		text, err := pointer(at)
		if err != nil {
			return "", err
		}
		dir, ok := strings.CutPrefix(text, "gitdir: ")
		if !ok {
			return "", fmt.Errorf("%s does not name a git directory", at)
		}
		r.dir = absolute(r.Top, dir)
	default:
		return "", fmt.Errorf("%s is neither a directory nor a file", at)
	}
	if r.dir, err = filepath.EvalSymlinks(r.dir); err != nil {
		return "", fmt.Errorf("%w; git worktree repair mends a work tree that was moved", err)
	}
	r.common = r.dir
	switch text, err := pointer(filepath.Join(r.dir, "commondir")); {
	case err == nil:
		r.common = absolute(r.dir, text)
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	if r.common, err = filepath.EvalSymlinks(r.common); err != nil {
		return "", fmt.Errorf("git cannot read it: %w", err)
	}
	for _, name := range []string{"objects", "refs"} {
		dir := filepath.Join(r.common, name)
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return "", fmt.Errorf("git cannot read it: there is no directory %s", dir)
		}
	}
	return gitfile, checkRefs(filepath.Join(r.common, "refs"))
}

// linkedDir is what a link leads to, which has to be a directory.
func linkedDir(at string) (fs.FileInfo, error) {
	info, err := os.Stat(at)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is a link, but to no directory", at)
	}
	return info, err
}

func absolute(base, dir string) string {
	if filepath.IsAbs(dir) {
		return filepath.Clean(dir)
	}
	return filepath.Join(base, dir)
}

// pointer reads the one line of a file. It may end up in an error, so that it
// must not be that of a file which a link leads to.
func pointer(name string) (string, error) {
	if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return "", fmt.Errorf("git cannot read it: %s is not a plain file", name)
	}
	text, err := repofs.ReadRegular(name, maxPointer)
	return strings.TrimRight(string(text), "\r\n"), err
}

var headText = regexp.MustCompile(`^(ref: refs/[^\x00-\x20\x7f]+|[0-9a-f]{40}|[0-9a-f]{64})$`)

// head is the text of HEAD.
func (r *Repository) head() (string, error) {
	text, err := pointer(filepath.Join(r.dir, "HEAD"))
	if err != nil {
		return "", err
	}
	if !headText.MatchString(text) {
		return "", errors.New("git cannot read it: HEAD names no commit and no branch")
	}
	return text, nil
}
