package oci

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
)

// Tree is the files of a layer by their slash-separated paths, without a
// leading slash. Directories above them need no entries.
type Tree map[string]File

// File is a regular file or a directory of a layer. It belongs to root.
type File struct {
	Mode fs.FileMode
	Size int64
	open func() (io.ReadCloser, error)
}

// AddBytes adds a file.
func (t Tree) AddBytes(name string, mode fs.FileMode, data []byte) {
	t[name] = File{Mode: mode, Size: int64(len(data)), open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	}}
}

// AddFile adds a file of a file system. Of its mode only the executable bit is
// kept: the rest depends on the machine.
func (t Tree) AddFile(fsys fs.FS, from, to string) error {
	info, err := fs.Stat(fsys, from)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", from)
	}
	mode := fs.FileMode(0o644)
	if info.Mode()&0o111 != 0 {
		mode = 0o755
	}
	t[to] = File{Mode: mode, Size: info.Size(), open: func() (io.ReadCloser, error) { return fsys.Open(from) }}
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
