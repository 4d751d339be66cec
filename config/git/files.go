package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// File is a name that git knows.
type File struct {
	// Name is relative to the directory that was asked about, slash-separated.
	// It does not lead out of it.
	Name string
	// Tracked reports that the name is in the index.
	Tracked bool
	// Commit is that of a submodule, "" for all else.
	Commit string
}

// Files are the files below a directory of the work tree, relative to its top,
// that git tracks and those that it does not ignore, sorted by name. Other
// repositories in it, submodules among them, are one entry each.
func (r *Repository) Files(ctx context.Context, dir string) ([]File, error) {
	index, err := r.ask(ctx, dir, "ls-files", "-z", "--stage")
	if err != nil {
		return nil, err
	}
	files, err := parseIndex(index)
	if err != nil {
		return nil, err
	}
	others, err := r.ask(ctx, dir, "ls-files", "-z", "--others", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	untracked, err := parseOthers(others)
	if err != nil {
		return nil, err
	}
	files = append(files, untracked...)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	// A file in a conflict has several entries.
	return slices.CompactFunc(files, func(a, b File) bool { return a.Name == b.Name }), nil
}

// modeSubmodule is the mode of entries of the index that are submodules.
const modeSubmodule = "160000"

// parseIndex reads what ls-files --stage prints: mode, object, stage and name.
func parseIndex(list []byte) ([]File, error) {
	var files []File
	for _, entry := range entries(list) {
		facts, name, ok := strings.Cut(entry, "\t")
		words := strings.Fields(facts)
		if !ok || len(words) != 3 {
			return nil, fmt.Errorf("git ls-files printed %q", entry)
		}
		if err := checkName(name); err != nil {
			return nil, err
		}
		file := File{Name: name, Tracked: true}
		if words[0] == modeSubmodule {
			file.Commit = words[1]
		}
		files = append(files, file)
	}
	return files, nil
}

// parseOthers reads what ls-files --others prints. The name of another
// repository ends in a slash.
func parseOthers(list []byte) ([]File, error) {
	var files []File
	for _, entry := range entries(list) {
		name := strings.TrimSuffix(entry, "/")
		if err := checkName(name); err != nil {
			return nil, err
		}
		files = append(files, File{Name: name})
	}
	return files, nil
}

// entries splits a list that has a zero byte after each entry.
func entries(list []byte) []string {
	var all []string
	for entry := range bytes.SplitSeq(list, []byte{0}) {
		if len(entry) > 0 {
			all = append(all, string(entry))
		}
	}
	return all
}

// checkName refuses names that git itself never writes into an index, but
// others may.
func checkName(name string) error {
	local := filepath.IsLocal(filepath.FromSlash(name)) && path.Clean(name) == name && name != "."
	if !local || slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return strings.EqualFold(part, metadata) }) {
		return fmt.Errorf("the index has %q, which is not the name of a file in the work tree", name)
	}
	return nil
}

// Ignores reports whether git ignores a name in a directory of the work tree.
func (r *Repository) Ignores(ctx context.Context, dir, name string) (bool, error) {
	_, err := r.ask(ctx, dir, "check-ignore", "--quiet", "--", name)
	var failed *failure
	if errors.As(err, &failed) && failed.code == 1 {
		return false, nil
	}
	return err == nil, err
}
