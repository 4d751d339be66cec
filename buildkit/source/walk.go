package source

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"

	"github.com/cranekit/cranekit/config/repofs"
)

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
		if d.Type() == fs.ModeSymlink && isTargetLink(name) {
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

// isTargetLink reports whether a link stands for a target directory of cargo.
// Where it leads to is not looked at.
func isTargetLink(name string) bool {
	_, err := os.Stat(filepath.Join(filepath.Dir(name), "Cargo.toml"))
	return filepath.Base(name) == "target" && err == nil
}

// isTarget reports whether a directory is a target directory of cargo, which
// marks those as caches.
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
	text, err := repofs.ReadWithin(root, filepath.Join(root, ".dockerignore"), repofs.MaxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		if patterns, err = ignorefile.ReadAll(bytes.NewReader(text)); err != nil {
			return nil, fmt.Errorf("reading .dockerignore: %w", err)
		}
	}
	return patternmatcher.New(patterns)
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
