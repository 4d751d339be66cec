package oci

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// Tree is the files of a layer by their slash-separated paths, without a
// leading slash. Directories above them need no entries.
type Tree map[string]File

// File is a regular file, a directory or a symbolic link of a layer. It belongs
// to root unless UID and GID are set.
type File struct {
	Mode     fs.FileMode
	Size     int64
	UID, GID int
	// Target is where a link leads.
	Target string
	open   func() (io.ReadCloser, error)
}

// Regular is a file that open reads, of the size in bytes. Of its mode only the
// executable bit is kept: the rest depends on the machine.
func Regular(mode fs.FileMode, size int64, open func() (io.ReadCloser, error)) File {
	kept := fs.FileMode(0o644)
	if mode&0o111 != 0 {
		kept = 0o755
	}
	return File{Mode: kept, Size: size, open: open}
}

// AddBytes adds a file.
func (t Tree) AddBytes(name string, mode fs.FileMode, data []byte) {
	t[name] = File{Mode: mode, Size: int64(len(data)), open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	}}
}

// AddFile adds a file of a file system, as [Regular] does.
func (t Tree) AddFile(fsys fs.FS, from, to string) error {
	info, err := fs.Stat(fsys, from)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", from)
	}
	t[to] = Regular(info.Mode(), info.Size(), func() (io.ReadCloser, error) { return fsys.Open(from) })
	return nil
}

// AddFS adds all files of a file system.
func (t Tree) AddFS(fsys fs.FS) error {
	return fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return t.AddFile(fsys, name, path.Clean(name))
	})
}

// IsDir reports whether a path is a directory, by itself or above a file.
func (t Tree) IsDir(name string) bool {
	if f, there := t[name]; there {
		return f.Mode.IsDir()
	}
	return t.Holds(name)
}

// Holds reports whether there is anything at a path or below it.
func (t Tree) Holds(name string) bool {
	for file := range t {
		if file == name || strings.HasPrefix(file, name+"/") {
			return true
		}
	}
	return false
}
