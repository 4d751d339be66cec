package project

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/cranekit/cranekit/buildkit/source"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/git"
)

// GitRepository opens the git repository that dir is in, nil where it is in none.
func GitRepository(ctx context.Context, dir string) (*git.Repository, error) {
	repo, err := git.Open(ctx, dir)
	switch {
	case errors.Is(err, git.ErrNoRepository):
		return nil, nil
	case err != nil:
		return nil, Usage(err)
	}
	return repo, nil
}

// SourceRoot is the directory that holds the source of the workspace in dir,
// a path without links: the work tree of the repository, since members read
// files beside the workspace, as with include_str!("../../README.md"). Where
// git knows nothing of the directory it is the directory itself.
func SourceRoot(ctx context.Context, dir string) (string, error) {
	repo, err := GitRepository(ctx, dir)
	if err != nil || repo == nil {
		return dir, err
	}
	if ignored, err := GitIgnores(ctx, repo, dir); err != nil || ignored {
		return dir, err
	}
	return repo.Top, nil
}

// GitIgnores reports whether a repository ignores the workspace in dir.
func GitIgnores(ctx context.Context, repo *git.Repository, dir string) (bool, error) {
	below, err := filepath.Rel(repo.Top, dir)
	if err != nil {
		return false, err
	}
	ignored, err := repo.Ignores(ctx, below, "Cargo.toml")
	if err != nil {
		return false, Usage(err)
	}
	return ignored, nil
}

// Boundary is the directory that nothing is read outside of unless paths are
// trusted: the repository around the workspace in dir, or else the directory
// of crane.yaml, or that of the root Cargo.toml. dir is a path without links.
func Boundary(cfg *config.Config, dir string) string {
	if top := config.Repository(dir); top != "" {
		return top
	}
	candidates := []string{config.FindWorkspace(dir)}
	if cfg.File != "" {
		candidates = append(candidates, Resolve(filepath.Dir(cfg.File)))
	}
	bound := dir
	for _, candidate := range candidates {
		if rel, err := filepath.Rel(candidate, bound); candidate != "" && err == nil && filepath.IsLocal(rel) {
			bound = candidate
		}
	}
	return bound
}

// AbsentText tells of submodules that are not checked out, "" without any.
func AbsentText(tree *source.Tree) string {
	switch n := len(tree.Absent); n {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("the submodule %s is not checked out", tree.Absent[0])
	default:
		return fmt.Sprintf("%d submodules are not checked out, %s for one", n, tree.Absent[0])
	}
}

// SubmoduleAdvice is the command that checks submodules out.
const SubmoduleAdvice = "git submodule update --init --recursive"

// WarnAbsent tells of submodules that are not checked out.
func WarnAbsent(w io.Writer, tree *source.Tree) {
	if text := AbsentText(tree); text != "" {
		fmt.Fprintf(w, "warning: %s: run %s to have the files\n", text, SubmoduleAdvice)
	}
}

// Commit is the commit of the source, "" where git knows none or the source
// differs from it: the same source must not give another image for that.
func (p *Project) Commit(ctx context.Context) string {
	dir := filepath.Join(p.base, filepath.FromSlash(p.dirs[0]))
	repo, err := git.Open(ctx, dir)
	if err != nil {
		return ""
	}
	var except []string
	for _, file := range p.Private {
		if rel, err := filepath.Rel(Resolve(dir), Resolve(file)); err == nil && filepath.IsLocal(rel) {
			except = append(except, filepath.ToSlash(rel))
		}
	}
	below, err := filepath.Rel(repo.Top, Resolve(dir))
	if err != nil {
		return ""
	}
	if clean, err := repo.Clean(ctx, below, except...); err != nil || !clean {
		return ""
	}
	commit, err := repo.Commit(ctx)
	if err != nil {
		return ""
	}
	return commit
}
