package source

import (
	"io"
	"os"
	"path/filepath"

	"github.com/tonistiigi/fsutil"

	"github.com/cranekit/cranekit/config/repofs"
)

// confined is a directory whose files are opened without following links out
// of it, whatever has become of them since they were listed.
type confined struct {
	fsutil.FS
	root  *os.Root
	inode func(file string) (inode, error)
}

// Confined is all files of a directory, opened without following links out of
// it. What is put in the place of a file has another time than that, whatever
// time it is given.
func Confined(dir string) (fsutil.FS, error) {
	files, err := fsutil.NewFS(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &confined{FS: files, root: root, inode: inodeOf}, nil
}

// Open opens a plain file.
func (c *confined) Open(name string) (io.ReadCloser, error) {
	return repofs.OpenWithin(c.root, filepath.FromSlash(name))
}
