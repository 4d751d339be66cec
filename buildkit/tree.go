package buildkit

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"

	"github.com/cranekit/cranekit/config/repofs"
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

// TreeOptions select the files of a [Tree].
type TreeOptions struct {
	// Dirs are the directories below the root that are listed, "." for all.
	Dirs []string
	// Include and Exclude are .dockerignore patterns on top of the selection
	// by git; Include is for files that git ignores.
	Include, Exclude []string
	// Keep are files that belong to the source whatever is ignored, such as
	// Cargo.lock.
	Keep []string
	// Drop are directories that never belong to it, such as the output.
	Drop []string
}

// ListTree lists what belongs to the source below root: in a git work tree the
// files that git tracks and those it does not ignore, elsewhere everything
// that .dockerignore leaves but target directories.
func ListTree(ctx context.Context, root string, o TreeOptions) (*Tree, error) {
	l := &lister{root: root, real: map[string]bool{}}
	for _, dir := range o.Dirs {
		if err := l.list(ctx, dir); err != nil {
			return nil, fmt.Errorf("listing the source in %s: %w", filepath.Join(root, filepath.FromSlash(dir)), err)
		}
	}
	files, err := filterFiles(root, l.files, o)
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	slices.Sort(l.absent)
	return &Tree{Root: root, Files: slices.Compact(files), Absent: slices.Compact(l.absent)}, nil
}

// filterFiles applies the patterns of the configuration.
func filterFiles(root string, files []string, o TreeOptions) ([]string, error) {
	exclude, err := patternmatcher.New(o.Exclude)
	if err != nil {
		return nil, fmt.Errorf("source.exclude: %w", err)
	}
	if len(o.Include) > 0 {
		include, err := patternmatcher.New(o.Include)
		if err != nil {
			return nil, fmt.Errorf("source.include: %w", err)
		}
		ignored, err := ignoredFiles(root, o.Dirs, include)
		if err != nil {
			return nil, fmt.Errorf("source.include: %w", err)
		}
		files = append(files, ignored...)
	}
	var kept []string
	for _, file := range files {
		dropped := slices.ContainsFunc(o.Drop, func(dir string) bool { return file == dir || strings.HasPrefix(file, dir+"/") })
		excluded, err := exclude.MatchesOrParentMatches(file)
		if err != nil {
			return nil, fmt.Errorf("source.exclude: %w", err)
		}
		if !dropped && !excluded {
			kept = append(kept, file)
		}
	}
	for _, file := range o.Keep {
		if _, err := os.Lstat(filepath.Join(root, filepath.FromSlash(file))); err == nil {
			kept = append(kept, file)
		}
	}
	return kept, nil
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
	root, err := newConfined(t.Root)
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

// confined is a directory whose files are opened without following links out
// of it, whatever has become of them since they were listed.
type confined struct {
	fsutil.FS
	root *os.Root
}

// newConfined is all files of a directory, opened without following links out of
// it.
func newConfined(dir string) (fsutil.FS, error) {
	files, err := fsutil.NewFS(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &confined{FS: files, root: root}, nil
}

// Open opens a plain file.
func (c *confined) Open(name string) (io.ReadCloser, error) {
	return repofs.OpenWithin(c.root, filepath.FromSlash(name))
}
