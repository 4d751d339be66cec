package project

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/buildkit/cache"
	"github.com/cranekit/cranekit/config"
)

// OwnCaches takes away the local caches that the repository brings along,
// whoever named their directory: what is in there goes to the builder, where
// others find it. The notes say why.
func OwnCaches(ctx context.Context, cfg *config.Config, list []cache.Cache) (kept []cache.Cache, notes []string) {
	for _, c := range list {
		why := ""
		for _, dir := range slices.Concat(c.Import, []string{c.Export}) {
			if c.Type == config.CacheLocal && dir != "" {
				why = cmp.Or(why, broughtAlong(ctx, cfg, dir))
			}
		}
		if why == "" {
			kept = append(kept, c)
			continue
		}
		notes = append(notes, fmt.Sprintf("cache %s left out: %s (name a directory that is not the repository's)", c.Type, why))
	}
	return kept, notes
}

// broughtAlong says what of a directory is the repository's, "" for nothing:
// a file in it that git tracks, or a link on the way. A link that git does not
// know is the user's, but outside of git nobody knows.
func broughtAlong(ctx context.Context, cfg *config.Config, dir string) string {
	// Above the workspace links are nobody's of the repository.
	if below, err := filepath.Rel(cfg.Workspace, dir); err == nil && filepath.IsLocal(below) {
		dir = filepath.Join(Resolve(cfg.Workspace), below)
	}
	root := Resolve(cfg.Root)
	repo, err := GitRepository(ctx, root)
	if err != nil {
		return err.Error()
	}
	for at := range above(root, dir) {
		info, err := os.Lstat(at)
		link := err == nil && info.Mode()&os.ModeSymlink != 0
		switch {
		case !link && at != dir:
			continue
		case repo == nil && link:
			return at + " is a link"
		case repo == nil:
			return ""
		}
		name, _ := filepath.Rel(root, at)
		if first, err := repo.Tracks(ctx, filepath.ToSlash(name)); err != nil || first != "" {
			return cmp.Or(first, name) + " is tracked by git"
		}
		if to := Resolve(dir); link && to != dir {
			return broughtAlong(ctx, cfg, to)
		} else if link {
			return at + " is a link to nowhere"
		}
	}
	return ""
}

// above are the paths from below a directory down to one in it; none if it is
// elsewhere.
func above(root, dir string) func(func(string) bool) {
	return func(yield func(string) bool) {
		below, err := filepath.Rel(root, dir)
		if err != nil || !filepath.IsLocal(below) {
			return
		}
		at := root
		for name := range strings.SplitSeq(below, string(filepath.Separator)) {
			if at = filepath.Join(at, name); !yield(at) {
				return
			}
		}
	}
}
