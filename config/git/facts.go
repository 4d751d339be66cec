package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// line asks for an answer of one line.
func (r *Repository) line(ctx context.Context, args ...string) (string, error) {
	out, err := r.ask(ctx, ".", args...)
	return strings.TrimSuffix(string(out), "\n"), err
}

// unset makes no error of an answer that git has none for.
func unset(answer string, err error) (string, error) {
	var failed *failure
	if errors.As(err, &failed) && failed.code == 1 {
		return "", nil
	}
	return answer, err
}

// Branch is the branch that is checked out, "" on a detached head.
func (r *Repository) Branch(ctx context.Context) (string, error) {
	return unset(r.line(ctx, "symbolic-ref", "--quiet", "--short", "HEAD"))
}

// DefaultBranch is the branch that the remote called origin starts with, ""
// where that is not known.
func (r *Repository) DefaultBranch(ctx context.Context) (string, error) {
	name, err := unset(r.line(ctx, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"))
	_, branch, _ := strings.Cut(name, "/")
	return branch, err
}

// Commit is the name of the commit that is checked out.
func (r *Repository) Commit(ctx context.Context) (string, error) {
	return r.line(ctx, "rev-parse", "--verify", "HEAD")
}

// FirstCommit is the commit that the line of the one that is checked out begins
// with, by first parents alone: of a history with many merges that is a small
// part. It is "" before there is any, and in a shallow clone the first that is
// there.
func (r *Repository) FirstCommit(ctx context.Context) (string, error) {
	if _, err := r.Commit(ctx); err != nil {
		if _, ok := errors.AsType[*failure](err); ok {
			return "", nil
		}
		return "", err
	}
	return r.line(ctx, "rev-list", "--first-parent", "--max-parents=0", "HEAD")
}

// Tracks is a file that git tracks at a path, relative to the top, or below it;
// "" for none.
func (r *Repository) Tracks(ctx context.Context, path string) (string, error) {
	files, err := r.ask(ctx, ".", "ls-files", "-z", "--", ":(top,literal)"+path)
	first, _, _ := strings.Cut(string(files), "\x00")
	return first, err
}

// Facts are the names of what [Repository.Fact] knows.
func Facts() []string { return []string{"commit", "short-commit", "branch", "describe", "date"} }

// Fact is something that git knows of the commit that is checked out.
func (r *Repository) Fact(ctx context.Context, name string) (string, error) {
	switch name {
	case "commit":
		return r.Commit(ctx)
	case "short-commit":
		return r.line(ctx, "rev-parse", "--short", "HEAD")
	case "branch":
		return r.line(ctx, "rev-parse", "--abbrev-ref", "HEAD")
	case "describe":
		return r.line(ctx, "describe", "--tags", "--always")
	case "date":
		return r.line(ctx, "show", "--no-patch", "--no-show-signature", "--format=%cI", "HEAD")
	default:
		return "", fmt.Errorf("git is not asked for %q", name)
	}
}

// Clean reports whether the files below a directory of the work tree, relative
// to its top, are those of the commit that is checked out; what is at the
// paths of except, relative to the directory, does not count. A file that a
// filter such as that of git LFS changes may count as changed.
func (r *Repository) Clean(ctx context.Context, dir string, except ...string) (bool, error) {
	args := []string{"status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal", "--ignore-submodules=all", "--", "."}
	for _, name := range except {
		args = append(args, ":(exclude,literal)"+name)
	}
	changes, err := r.ask(ctx, dir, args...)
	if err != nil || len(changes) > 0 {
		return false, err
	}
	return r.submodulesClean(ctx, dir)
}

// submodulesClean asks each submodule by itself: git would run itself there,
// with the configuration of the submodule.
func (r *Repository) submodulesClean(ctx context.Context, dir string) (bool, error) {
	index, err := r.ask(ctx, dir, "ls-files", "-z", "--stage")
	if err != nil {
		return false, err
	}
	files, err := parseIndex(index)
	if err != nil {
		return false, err
	}
	for _, file := range files {
		if file.Commit == "" {
			continue
		}
		at := filepath.Join(r.Top, dir, filepath.FromSlash(file.Name))
		if _, err := os.Lstat(filepath.Join(at, metadata)); err != nil {
			continue // not checked out, as git has it
		}
		sub, err := r.Nested(ctx, at)
		if err != nil {
			return false, err
		}
		commit, err := sub.Commit(ctx)
		if err != nil || commit != file.Commit {
			return false, err
		}
		if clean, err := sub.Clean(ctx, "."); err != nil || !clean {
			return false, err
		}
	}
	return true, nil
}
