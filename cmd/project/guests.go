package project

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/buildkit/source"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/config/repofs"
)

// addGuests adds the workspaces of the locks that fetch.locks names.
func addGuests(ctx context.Context, cfg *config.Config, ws *cargo.Workspace, skeleton *cargo.Skeleton) error {
	if len(cfg.Fetch.Locks) == 0 {
		return nil
	}
	files, err := repofs.Open(ctx, filepath.Join("/", filepath.FromSlash(ws.Base)), false)
	if err != nil {
		return Usage(err)
	}
	defer files.Close()
	for _, lock := range cfg.Fetch.Locks {
		dir, err := filepath.EvalSymlinks(filepath.Dir(lock))
		if err != nil {
			return Usage(err)
		}
		guest, err := ws.Guest(files, repofs.Name(filepath.Join(dir, filepath.Base(lock))), skeleton)
		if err != nil {
			if file := (&cargo.FileError{}); errors.As(err, &file) {
				err = fmt.Errorf("reading the workspace in %s: %w", dir, err) // its names are relative
			}
			p := cfg.Problem(config.Check{}, "fetch.locks", config.Fault{Message: err.Error()})
			return config.NewError([]config.Problem{p})
		}
		skeleton.Guests = append(skeleton.Guests, guest)
	}
	return nil
}

// OtherLocks are the locks of the source whose crates are not fetched, relative
// to the directory that paths of the configuration are relative to.
func (p *Project) OtherLocks(tree *source.Tree) []string {
	var locks []string
	for _, file := range tree.Files {
		own := file == path.Join(p.Workspace.Dir, "Cargo.lock") ||
			slices.ContainsFunc(p.Skeleton.Guests, func(g cargo.Guest) bool { return file == path.Join(g.Dir, "Cargo.lock") })
		vendored := slices.ContainsFunc(p.Skeleton.Real, func(dir string) bool { return strings.HasPrefix(file, dir+"/") })
		if path.Base(file) != "Cargo.lock" || own || vendored {
			continue
		}
		if rel, err := filepath.Rel(Resolve(p.configDir()), filepath.Join(p.base, file)); err == nil {
			locks = append(locks, filepath.ToSlash(rel))
		}
	}
	return locks
}

// configDir is what paths in crane.yaml are relative to.
func (p *Project) configDir() string {
	if p.Config.File != "" {
		return filepath.Dir(p.Config.File)
	}
	return p.Config.Workspace
}
