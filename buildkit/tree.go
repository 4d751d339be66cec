package buildkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
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
	var files []string
	for _, dir := range o.Dirs {
		found, err := listDir(ctx, filepath.Join(root, filepath.FromSlash(dir)))
		if err != nil {
			return nil, err
		}
		for _, file := range found {
			files = append(files, path.Join(dir, file))
		}
	}
	files, err := filterFiles(root, files, o)
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	return &Tree{Root: root, Files: slices.Compact(files)}, nil
}

func listDir(ctx context.Context, dir string) ([]string, error) {
	files, err := gitFiles(ctx, dir)
	if err != nil {
		return nil, err
	}
	// A work tree that ignores the whole directory says nothing about it.
	if len(files) > 0 {
		return files, nil
	}
	if files, err = walkFiles(dir); err != nil {
		return nil, fmt.Errorf("listing the source in %s: %w", dir, err)
	}
	return files, nil
}

// gitFiles is nil when root is in no git work tree, or git is not there.
func gitFiles(ctx context.Context, root string) ([]string, error) {
	cmd := exec.CommandContext(ctx, "git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) && !strings.Contains(string(exit.Stderr), "not a git repository") && ctx.Err() == nil {
			return nil, fmt.Errorf("listing the source in %s: git ls-files: %s", root, bytes.TrimSpace(exit.Stderr))
		}
		return nil, ctx.Err()
	}
	var files []string
	for name := range strings.SplitSeq(string(out), "\x00") {
		info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(name)))
		switch {
		case name == "" || err != nil:
			// Tracked, but deleted in the work tree.
		case info.IsDir():
			// A submodule or a nested work tree: its files are its own.
			nested, err := gitFiles(ctx, filepath.Join(root, filepath.FromSlash(name)))
			if err != nil {
				return nil, err
			}
			for _, file := range nested {
				files = append(files, path.Join(name, file))
			}
		default:
			files = append(files, name)
		}
	}
	return files, nil
}

// walkFiles lists a directory that is no git work tree.
func walkFiles(root string) ([]string, error) {
	ignore, err := dockerignore(root)
	if err != nil {
		return nil, err
	}
	var files []string
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" || isTarget(name) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() && d.Type() != fs.ModeSymlink {
			// Reading a pipe or a socket would wait for ever.
			return nil
		}
		ignored, err := ignore.MatchesOrParentMatches(filepath.ToSlash(rel))
		if err == nil && !ignored {
			files = append(files, filepath.ToSlash(rel))
		}
		return err
	})
	return files, err
}

// isTarget says that a directory is a target directory of cargo, which marks
// those as caches.
func isTarget(dir string) bool {
	if filepath.Base(dir) != "target" {
		return false
	}
	_, tagged := os.Stat(filepath.Join(dir, "CACHEDIR.TAG"))
	_, info := os.Stat(filepath.Join(dir, ".rustc_info.json"))
	_, sibling := os.Stat(filepath.Join(filepath.Dir(dir), "Cargo.toml"))
	return tagged == nil || info == nil || sibling == nil
}

func dockerignore(root string) (*patternmatcher.PatternMatcher, error) {
	var patterns []string
	file, err := os.Open(filepath.Join(root, ".dockerignore"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		defer file.Close()
		if patterns, err = ignorefile.ReadAll(file); err != nil {
			return nil, fmt.Errorf("reading .dockerignore: %w", err)
		}
	}
	return patternmatcher.New(patterns)
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

// ignoredFiles are the files that match, whatever git says of them.
func ignoredFiles(root string, dirs []string, include *patternmatcher.PatternMatcher) ([]string, error) {
	var files []string
	for _, dir := range dirs {
		all, err := walkFiles(filepath.Join(root, filepath.FromSlash(dir)))
		if err != nil {
			return nil, err
		}
		for _, file := range all {
			file = path.Join(dir, file)
			ok, err := include.MatchesOrParentMatches(file)
			if err != nil {
				return nil, err
			}
			if ok {
				files = append(files, file)
			}
		}
	}
	return files, nil
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
	root, err := fsutil.NewFS(t.Root)
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
