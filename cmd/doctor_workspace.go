package cmd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// workspace looks at manifests and lock, and opens the project for the rest.
func (d *doctor) workspace(ctx context.Context) {
	p, err := open(ctx, d.cfg)
	switch {
	case errors.Is(err, cargo.ErrNoLock):
		d.ok("workspace", "the manifests in %s are fine", d.cfg.Workspace)
		d.fail("lock", "cargo generate-lockfile", "there is no Cargo.lock in %s", d.cfg.Workspace)
		return
	case err != nil:
		d.fail("workspace", "", "%v", err)
		return
	}
	d.project = p
	var members, stale []string
	for _, pkg := range p.ws.Packages {
		if !pkg.Member {
			continue
		}
		members = append(members, pkg.Name)
		if !slices.ContainsFunc(p.ws.Lock.Packages, func(l cargo.LockPackage) bool {
			return l.Source == "" && l.Name == pkg.Name && l.Version == pkg.Version
		}) {
			stale = append(stale, pkg.Name+" "+pkg.Version)
		}
	}
	d.ok("workspace", "%s: %s", p.cfg.Workspace, strings.Join(members, ", "))
	if len(stale) > 0 {
		d.fail("lock", "cargo update --workspace", "Cargo.lock lacks %s: it is older than the manifests, and checks run with --locked", strings.Join(stale, ", "))
	} else {
		d.ok("lock", "Cargo.lock, format %d, %d packages", p.ws.Lock.Format, len(p.ws.Lock.Packages))
	}
	d.rust()
}

// rust compares the Rust that will run with the one that manifests ask for.
func (d *doctor) rust() {
	for _, r := range d.project.rusts(d.cfg.Checks) {
		name := "rust"
		if r.leg != "" {
			name += "@" + r.leg
		}
		switch {
		case r.old():
			text, fix := r.problem()
			d.fail(name, fix, "%s", text)
		case r.needs == "":
			d.ok(name, "%s (%s); no rust-version is asked for", cmp.Or(r.channel, "unknown"), r.from)
		default:
			d.ok(name, "%s (%s); rust-version %s is asked for", cmp.Or(r.channel, "unknown"), r.from, r.needs)
		}
	}
}

// git tells what the source is, which git decides.
func (d *doctor) git(ctx context.Context) {
	dir := d.cfg.Workspace
	if _, err := exec.LookPath("git"); err != nil {
		d.warn("git", "install git", "there is no git: the source is everything that .dockerignore leaves, ignored files too")
		return
	}
	within := config.Repository(resolve(dir))
	if within == "" {
		d.ok("git", "%s is in no repository: the source is everything that .dockerignore leaves", dir)
		return
	}
	var said bytes.Buffer
	tree := exec.CommandContext(ctx, "git", "-C", dir, "rev-parse", "--show-toplevel")
	tree.Stderr = &said
	if err := tree.Run(); err != nil {
		fix := ""
		if strings.Contains(said.String(), "dubious ownership") {
			fix = "git config --global --add safe.directory " + within
		}
		first, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
		d.fail("git", fix, "git cannot read the repository in %s, so that its ignored files would be sent too: %s", within, first)
		return
	}
	if repository(ctx, dir) == "" {
		d.warn("git", "", "git ignores Cargo.toml in %s: the source is everything that .dockerignore leaves", dir)
		return
	}
	d.ok("git", "the source is what git tracks in %s, and new files that it does not ignore", within)
}

// output looks at the directory for results without making it.
func (d *doctor) output(context.Context) {
	dir := d.cfg.Output
	if _, err := checkOutput(dir, d.cfg.Workspace); err != nil {
		d.fail("output", "--output DIRECTORY", "%v", err)
		return
	}
	if err := writable(existing(dir)); err != nil {
		d.fail("output", "--output DIRECTORY", "%v", err)
		return
	}
	d.ok("output", "%s", dir)
}

// writable tries to write a file in a directory, and removes it again.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".cranekit-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// existing is the path itself or the nearest directory above that exists.
func existing(path string) string {
	for {
		if _, err := os.Stat(path); err == nil || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
}
