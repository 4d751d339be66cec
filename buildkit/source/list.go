package source

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/moby/patternmatcher"

	"github.com/cranekit/cranekit/config/cargo"
)

// Options select the files of a [Tree].
type Options struct {
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

// List lists what belongs to the source below root: in a git work tree the
// files that git tracks and those it does not ignore, elsewhere everything
// that .dockerignore leaves but target directories.
func List(ctx context.Context, root string, o Options) (*Tree, error) {
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
func filterFiles(root string, files []string, o Options) ([]string, error) {
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
		dropped := slices.ContainsFunc(o.Drop, func(dir string) bool { return cargo.Within(file, dir) })
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
