package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// home is the state directory of a builder, open, and known to be out of reach
// of other users: files in it are deleted, appended to and mounted by whoever
// runs the builder, which is root as a rule.
type home struct {
	path string
	dir  *os.File
	root *os.Root
}

// openHome opens a state directory that is there.
func openHome(path string) (home, error) { return newHome(path, false) }

// createHome opens a state directory and makes it if it is not there. Nobody
// else may look into it afterwards.
func createHome(path string) (home, error) {
	h, err := newHome(path, true)
	if err != nil {
		return h, err
	}
	if err := h.dir.Chmod(0o700); err != nil {
		return home{}, errors.Join(fmt.Errorf("builder state directory: %w", err), h.Close())
	}
	return h, nil
}

func newHome(path string, create bool) (home, error) {
	dir, err := walk(path, create)
	if err != nil {
		return home{}, fmt.Errorf("builder state directory %s: %w", path, err)
	}
	h := home{path: path, dir: dir}
	// Nobody else can replace what walk has found.
	if h.root, err = os.OpenRoot(path); err == nil {
		err = h.entries()
	}
	if err != nil {
		return home{}, errors.Join(fmt.Errorf("builder state directory %s: %w", path, err), h.Close())
	}
	return h, nil
}

// Close lets go of the directory.
func (h home) Close() error {
	err := h.dir.Close()
	if h.root != nil {
		err = errors.Join(err, h.root.Close())
	}
	return err
}

// entries refuses what somebody has left in the directory while it was
// everybody's: BuildKit opens files below by their paths.
func (h home) entries() error {
	names, err := fs.Glob(h.root.FS(), "*")
	if err != nil {
		return err
	}
	below, err := fs.Glob(h.root.FS(), "runc-*/*")
	if err != nil {
		return err
	}
	for _, name := range append(names, below...) {
		info, err := h.root.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if info.Mode().Type() == fs.ModeSymlink {
			return unsafe("%s is a link, which cranekit makes none of: look where it came from, and remove it", filepath.Join(h.path, name))
		}
		if uid := owner(info); uid != os.Geteuid() {
			return unsafe("%s in it belongs to %s, not to %s: look where it came from, and remove it", name, userName(uid), userName(os.Geteuid()))
		}
	}
	return nil
}

// openFile opens a regular file of the directory for reading and writing, and
// makes it if it is not there. A link is not followed: what is written would
// land elsewhere.
func (h home) openFile(name string, flags int) (*os.File, error) {
	fd, err := unix.Openat(int(h.dir.Fd()), name, flags|unix.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0o600)
	path := filepath.Join(h.path, name)
	if errors.Is(err, unix.ELOOP) {
		return nil, unsafe("%s is a link: remove it", path)
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(fd), path)
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	// A second name of a file is as good as a link to it.
	if stat.Mode&unix.S_IFMT != unix.S_IFREG || stat.Nlink > 1 || int(stat.Uid) != os.Geteuid() {
		return nil, errors.Join(unsafe("%s is no regular file of %s with one name: remove it", path, userName(os.Geteuid())), f.Close())
	}
	return f, nil
}

// mkdir makes a directory of the state directory if it is not there.
func (h home) mkdir(name string) error {
	if err := h.root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("builder state directory: %w", err)
	}
	info, err := h.root.Lstat(name)
	if err != nil {
		return fmt.Errorf("builder state directory: %w", err)
	}
	if !info.IsDir() {
		return unsafe("%s is no directory: remove it", filepath.Join(h.path, name))
	}
	return nil
}

// directories returns the real directories that match a pattern, without those
// behind links.
func (h home) directories(pattern string) ([]string, error) {
	found, err := fs.Glob(h.root.FS(), pattern)
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, name := range found {
		if h.real(name) {
			dirs = append(dirs, name)
		}
	}
	return dirs, nil
}

// real reports whether a name and all above it are directories.
func (h home) real(name string) bool {
	path := ""
	for part := range strings.SplitSeq(name, "/") {
		path = filepath.Join(path, part)
		if info, err := h.root.Lstat(path); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}
