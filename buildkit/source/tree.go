// Package source finds the files of a workspace that a builder is sent.
package source

import (
	"io/fs"
	"path"
	"path/filepath"

	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
)

// Tree is the set of files below a directory that belong to the source.
type Tree struct {
	// Root is the absolute directory of the tree.
	Root string
	// Files are relative to Root, slash-separated and sorted. Symbolic links
	// count as files.
	Files []string
	// Absent are the submodules that are not checked out, sorted: directories
	// without files.
	Absent []string
}

// FS is the part of the tree that match selects, nil for all of it.
func (t *Tree) FS(match func(string) bool) (fsutil.FS, error) {
	files, dirs := map[string]bool{}, map[string]bool{}
	for _, file := range t.Files {
		if match != nil && !match(file) {
			continue
		}
		files[file] = true
		for dir := path.Dir(file); dir != "." && !dirs[dir]; dir = path.Dir(dir) {
			dirs[dir] = true
		}
	}
	root, err := Confined(t.Root)
	if err != nil {
		return nil, err
	}
	return fsutil.NewFilterFS(root, &fsutil.FilterOpt{Map: func(name string, st *types.Stat) fsutil.MapResult {
		name = filepath.ToSlash(name)
		switch {
		case files[name] || dirs[name]:
			return fsutil.MapResultKeep
		case fs.FileMode(st.Mode).IsDir():
			return fsutil.MapResultSkipDir
		default:
			return fsutil.MapResultExclude
		}
	}})
}
