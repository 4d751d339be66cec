// Package repofs reads the files of a repository that nobody trusts: plain
// files of a sane size, and none that a link leads to out of it.
package repofs

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// MaxFile is the size up to which a file is read, in bytes. The greatest locks
// and manifests that are known have a tenth of it.
const MaxFile = 8 << 20

// ErrEscapes means that a link leads out of the repository.
var ErrEscapes = errors.New("a link leads out of the repository; allow it with --trust paths")

var errDirectory error = syscall.EISDIR

// FS is the machine's file system, as far as it is in a repository. Names are
// those of an [io/fs.FS] of the machine's root: absolute paths without the
// slash in front. Nothing outside of the repository exists, unless paths that
// lead there are trusted.
type FS struct {
	// ctx ends reading: the methods of an [io/fs.FS] take none.
	ctx     context.Context
	root    *os.Root
	dir     string
	trusted bool
}

// Open returns the files below the absolute directory dir. Reading ends with
// ctx. With trusted, links may lead out of it and the rest of the machine is
// there too.
func Open(ctx context.Context, dir string, trusted bool) (*FS, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &FS{ctx: ctx, root: root, dir: filepath.Clean(dir), trusted: trusted}, nil
}

// Close lets go of the directory.
func (f *FS) Close() error { return f.root.Close() }

// locate turns a name into one below the root, or, with host, into a path of
// the machine.
func (f *FS) locate(op, name string) (at string, host bool, err error) {
	if f.ctx.Err() != nil {
		return "", false, &fs.PathError{Op: op, Path: name, Err: context.Cause(f.ctx)}
	}
	if !fs.ValidPath(name) {
		return "", false, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	full := filepath.Join(string(filepath.Separator), filepath.FromSlash(name))
	if f.trusted {
		return full, true, nil
	}
	rel, err := filepath.Rel(f.dir, full)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return rel, false, nil
}

// escapeText is how [os.Root] calls it that a link leads out.
const escapeText = "path escapes from parent"

// translate puts an error of [os.Root] into words that help.
func translate(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) && at.Err.Error() == escapeText {
		return &fs.PathError{Op: at.Op, Path: at.Path, Err: ErrEscapes}
	}
	return err
}

// Open opens a plain file or a directory.
func (f *FS) Open(name string) (fs.File, error) {
	info, err := f.Stat(name)
	if err == nil && !info.IsDir() {
		err = regular(info, name, MaxFile)
	}
	if err != nil {
		return nil, err
	}
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	return file, nil
}

func (f *FS) open(name string) (*os.File, error) {
	at, host, err := f.locate("open", name)
	switch {
	case err != nil:
		return nil, err
	case host:
		return os.OpenFile(at, openFlags, 0)
	}
	file, err := f.root.OpenFile(at, openFlags, 0)
	return file, translate(err)
}

// ReadFile reads a plain file up to [MaxFile].
func (f *FS) ReadFile(name string) ([]byte, error) {
	info, err := f.Stat(name)
	if err == nil {
		err = regular(info, name, MaxFile)
	}
	if err != nil {
		return nil, err
	}
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	return readAll(file, name, MaxFile)
}

// ReadDir lists a directory, sorted by name.
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	info, err := f.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: syscall.ENOTDIR}
	}
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	list, err := file.ReadDir(-1)
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, err
}

// Stat follows links within the repository.
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	at, host, err := f.locate("stat", name)
	switch {
	case err != nil:
		return nil, err
	case host:
		return os.Stat(at)
	}
	info, err := f.root.Stat(at)
	return info, translate(err)
}

// Lstat does not follow a link at the end of the name.
func (f *FS) Lstat(name string) (fs.FileInfo, error) {
	at, host, err := f.locate("lstat", name)
	switch {
	case err != nil:
		return nil, err
	case host:
		return os.Lstat(at)
	}
	info, err := f.root.Lstat(at)
	return info, translate(err)
}

// ReadLink is where a link leads to.
func (f *FS) ReadLink(name string) (string, error) {
	at, host, err := f.locate("readlink", name)
	switch {
	case err != nil:
		return "", err
	case host:
		return os.Readlink(at)
	}
	to, err := f.root.Readlink(at)
	return to, translate(err)
}

// Name is the name in an [FS] of an absolute path of the machine.
func Name(dir string) string {
	return path.Clean(strings.TrimPrefix(filepath.ToSlash(dir), "/"))
}
