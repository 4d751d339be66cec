// Package project is what commands work on: a workspace with its configuration,
// toolchains, secrets and caches, and the directory of its results. It prints to
// writers that it is given.
package project

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"

	"github.com/cranekit/cranekit/buildkit/source"
	"github.com/cranekit/cranekit/buildkit/stages"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/config/repofs"
	"github.com/cranekit/cranekit/llb"
)

// Project is a workspace as read from disk, before any builder is involved.
type Project struct {
	Config *config.Config
	// Workspace is what manifests and lock tell, Skeleton what dependencies are
	// compiled on.
	Workspace *cargo.Workspace
	Skeleton  *cargo.Skeleton
	// base is the source root as an absolute path.
	base string
	// Private are files that a run reads or writes and that are no part of the
	// source, by their absolute paths.
	Private []string
	// dirs are the directories below base that are sent: the repository or
	// workspace, and packages beside it.
	dirs []string
	// CacheLeftOut is set if a cache of the configuration is not used, for want
	// of what the environment has to give for it.
	CacheLeftOut bool
	// Notes are lines about what steps are not given.
	Notes []string
	// Stages is where stages are remembered, nil for nowhere.
	Stages *stages.Place
	// CacheRule says how shared caches are kept apart, "" without any.
	CacheRule string
}

// Open reads the workspace that the configuration names.
func Open(ctx context.Context, cfg *config.Config) (*Project, error) {
	dir, err := filepath.EvalSymlinks(cfg.Workspace)
	if err != nil {
		return nil, Usage(err)
	}
	root, err := SourceRoot(ctx, dir)
	if err != nil {
		return nil, err
	}
	ws, err := readWorkspace(ctx, cfg, dir, root)
	if err != nil {
		return nil, Usage(fmt.Errorf("reading the workspace in %s: %w", cfg.Workspace, err))
	}
	skeleton, err := ws.Skeleton()
	if err != nil {
		return nil, Usage(fmt.Errorf("reading the workspace in %s: %w", cfg.Workspace, err))
	}
	if err := addGuests(ctx, cfg, ws, skeleton); err != nil {
		return nil, err
	}
	p := &Project{Config: cfg, Workspace: ws, Skeleton: skeleton, base: filepath.Join("/", filepath.FromSlash(ws.Base))}
	p.dirs = []string{Relative(p.base, root)}
	for _, pkg := range ws.Packages {
		if !cargo.Within(pkg.Dir, p.dirs[0]) {
			p.dirs = append(p.dirs, pkg.Dir)
		}
	}
	return p, nil
}

// readWorkspace reads manifests and what else cargo reads: in the repository
// only, unless paths that lead out of it are trusted.
func readWorkspace(ctx context.Context, cfg *config.Config, dir, root string) (*cargo.Workspace, error) {
	trusted, bound := cfg.Trusts(config.TrustPaths), Boundary(cfg, dir)
	files, err := repofs.Open(ctx, bound, trusted)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	if trusted {
		return cargo.Load(files, repofs.Name(dir), repofs.Name(root), cfg.Naming()...)
	}
	return cargo.LoadWithin(files, repofs.Name(dir), repofs.Name(root), repofs.Name(bound), cfg.Naming()...)
}

// Relative is a directory as seen from base, with slashes.
func Relative(base, dir string) string {
	rel, err := filepath.Rel(base, dir)
	if err != nil {
		return "."
	}
	return filepath.ToSlash(rel)
}

// Tree lists the source. Files that cargo reads belong to it even where git
// ignores them, as many libraries do with Cargo.lock.
func (p *Project) Tree(ctx context.Context) (*source.Tree, error) {
	o := source.Options{Dirs: p.dirs, Include: p.Config.Source.Include, Exclude: p.Config.Source.Exclude}
	o.Keep = append(o.Keep, p.Workspace.Ignored()...)
	for _, name := range []string{"Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "rust-toolchain"} {
		o.Keep = append(o.Keep, path.Join(p.Workspace.Dir, name))
	}
	// The configuration is no part of it either: what a change in it means is
	// in the keys of the checks that it concerns.
	drop := []string{p.Config.Output, p.Config.Results, p.Config.File}
	for _, dir := range p.Config.Workspaces {
		drop = append(drop, filepath.Join(dir, "target"))
	}
	for _, b := range p.Config.Builders {
		drop = append(drop, b.Key) // private
	}
	for _, dir := range append(drop, p.Private...) {
		if dir == "" {
			continue
		}
		// A link is as little of the source as what it leads to.
		for _, at := range []string{Resolve(dir), filepath.Join(Resolve(filepath.Dir(dir)), filepath.Base(dir))} {
			if rel, err := filepath.Rel(p.base, at); err == nil && filepath.IsLocal(rel) && rel != "." {
				o.Drop = append(o.Drop, filepath.ToSlash(rel))
			}
		}
	}
	return source.List(ctx, p.base, o)
}

// RealDirs are the packages that count as dependencies though they are local,
// as cargo sees them in the container.
func (p *Project) RealDirs() []string {
	dirs := slices.Clone(p.Skeleton.Real)
	for i := range dirs {
		dirs[i] = path.Join(llb.SourceDir, dirs[i])
	}
	return dirs
}

// Names are those of checks.
func Names(checks []config.Check) []string {
	list := make([]string, len(checks))
	for i, c := range checks {
		list[i] = c.Name
	}
	return list
}
