// Package git asks git about a repository that nobody trusts. Whoever wrote
// the repository may have written its configuration, its hooks, its attributes
// and its index too, and git runs programs that these name.
//
// So git never gets to see any of it: each question is put to a git directory
// that is made for it, with a configuration written here. Of the repository it
// has the index, the references and the objects, which are data. What is taken
// over from the configuration of the repository and of the user is a list of
// keys whose values can be nothing but words (see settings), and the ignored
// files of the user. Variables of git are cleared, apart from those that are
// the user's configuration.
package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ErrNoRepository means that neither a directory nor one above it has .git.
var ErrNoRepository = errors.New("not in a git repository")

// ErrNoGit means that there is a repository, but no git to ask about it.
var ErrNoGit = errors.New("there is a git repository, but no git: install git")

// metadata is the directory or file that makes a directory a work tree.
const metadata = ".git"

// Repository is a work tree and what belongs to it. Nothing of it is held
// open.
type Repository struct {
	// Top is the directory with .git, an absolute path without links.
	Top string

	// dir is the git directory of this work tree, common the one that it
	// shares with others; they differ in a linked work tree.
	dir, common string
	// settings are those of the repository and of the user that matter.
	settings settings
	format   format
	user     *user
}

// Find returns the nearest directory with .git, from the absolute directory
// dir upwards, "" without one. What else looks like a git directory, as git's
// bare repositories do, is a directory like any other.
func Find(dir string) (string, error) {
	for {
		_, err := os.Lstat(filepath.Join(dir, metadata))
		switch {
		case err == nil:
			return dir, nil
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
			return "", fmt.Errorf("looking for a git repository: %w", err)
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", nil
		}
		dir = up
	}
}

// Open finds the repository around dir and reads what is needed to ask about
// it. Without a repository the error is [ErrNoRepository].
func Open(ctx context.Context, dir string) (*Repository, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	top, err := Find(dir)
	if err != nil {
		return nil, err
	}
	if top == "" {
		return nil, ErrNoRepository
	}
	user, err := readUser(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the user's configuration of git: %w", err)
	}
	return open(ctx, top, user)
}

// Nested opens the repository whose .git is in the absolute directory top,
// below the work tree of r.
func (r *Repository) Nested(ctx context.Context, top string) (*Repository, error) {
	return open(ctx, top, r.user)
}

func open(ctx context.Context, top string, u *user) (*Repository, error) {
	r := &Repository{Top: top, user: u}
	gitfile, err := r.locate()
	if err == nil {
		err = u.checkOwner(top, gitfile, r.dir)
	}
	var own settings
	if err == nil {
		own, err = r.readConfig(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("git repository in %s: %w", top, err)
	}
	r.settings = u.settings.with(own)
	return r, nil
}
