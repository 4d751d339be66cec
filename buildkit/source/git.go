package source

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/cranekit/cranekit/config/git"
)

// lister gathers the files of a tree.
type lister struct {
	root string
	// files and absent are those of the [Tree].
	files, absent []string
	// real remembers which directories are none but links.
	real map[string]bool
}

// list adds the files below a directory of the tree: those that git knows, or
// all where there is no repository. That git fails is an error: then nobody
// knows which files are private.
func (l *lister) list(ctx context.Context, dir string) error {
	repo, known, err := l.known(ctx, dir)
	// A work tree that ignores the whole directory says nothing about it.
	if errors.Is(err, git.ErrNoRepository) || err == nil && len(known) == 0 {
		return l.walk(dir)
	}
	if err != nil {
		return err
	}
	return l.add(ctx, repo, dir, known)
}

// known are the files that git knows below a directory of the tree, and the
// repository around it; without one the error is [git.ErrNoRepository].
func (l *lister) known(ctx context.Context, dir string) (*git.Repository, []git.File, error) {
	at := l.path(dir)
	repo, err := git.Open(ctx, at)
	if err != nil {
		return nil, nil, err
	}
	if at, err = filepath.EvalSymlinks(at); err != nil {
		return nil, nil, err
	}
	below, err := filepath.Rel(repo.Top, at)
	if err != nil {
		return nil, nil, err
	}
	files, err := repo.Files(ctx, below)
	return repo, files, err
}

func (l *lister) walk(dir string) error {
	found, err := walkFiles(l.path(dir))
	for _, file := range found {
		l.files = append(l.files, path.Join(dir, file))
	}
	return err
}

func (l *lister) path(name string) string { return filepath.Join(l.root, filepath.FromSlash(name)) }

// add adds what git knows below a directory of the tree, as far as it is
// there.
func (l *lister) add(ctx context.Context, repo *git.Repository, dir string, known []git.File) error {
	for _, file := range known {
		name := path.Join(dir, file.Name)
		info, err := os.Lstat(l.path(name))
		switch {
		case err != nil || !l.isReal(path.Dir(name), dir):
			// Tracked, but deleted in the work tree.
		case info.IsDir():
			if err := l.nested(ctx, repo, name, file); err != nil {
				return err
			}
		case info.Mode()&fs.ModeSymlink != 0 && !file.Tracked && isTargetLink(l.path(name)):
			// The pattern target/ ignores directories, not links to them.
		case info.Mode().IsRegular() || info.Mode()&fs.ModeSymlink != 0:
			l.files = append(l.files, name)
		}
	}
	return nil
}

// isReal reports whether no directory from dir down to top, without top
// itself, is a link: what is beyond one is not in the work tree.
func (l *lister) isReal(dir, top string) bool {
	if dir == top || dir == "." {
		return true
	}
	real, known := l.real[dir]
	if !known {
		info, err := os.Lstat(l.path(dir))
		real = err == nil && info.IsDir() && l.isReal(path.Dir(dir), top)
		l.real[dir] = real
	}
	return real
}

// nested adds the files of another repository, such as a submodule. One
// without .git is a submodule that is not checked out: asked there, git would
// answer for the repository around it.
func (l *lister) nested(ctx context.Context, repo *git.Repository, dir string, file git.File) error {
	if _, err := os.Lstat(filepath.Join(l.path(dir), ".git")); err != nil {
		if file.Commit != "" {
			l.absent = append(l.absent, dir)
		}
		return nil
	}
	top, err := filepath.EvalSymlinks(l.path(dir))
	if err != nil {
		return err
	}
	sub, err := repo.Nested(ctx, top)
	if err != nil {
		return err
	}
	known, err := sub.Files(ctx, ".")
	if err != nil {
		return err
	}
	return l.add(ctx, sub, dir, known)
}
