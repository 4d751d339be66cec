package cmd

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/config/git"
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
	var members []string
	for _, pkg := range p.ws.Packages {
		if pkg.Member {
			members = append(members, pkg.Name)
		}
	}
	d.ok("workspace", "%s: %s", p.cfg.Workspace, strings.Join(members, ", "))
	if reasons := p.ws.Outdated(); len(reasons) > 0 {
		d.fail("lock", "cargo update --workspace", "Cargo.lock %s: it is older than the manifests, and checks run with --locked", strings.Join(reasons, "; "))
	} else {
		d.ok("lock", "Cargo.lock, format %d, %s", p.ws.Lock.Format, report.Counted(len(p.ws.Lock.Packages), "package"))
	}
	d.settings()
	d.rust()
}

// rust compares the Rust that will run with the one that manifests ask for.
func (d *doctor) rust() {
	for _, r := range d.project.rusts(d.cfg.Checks) {
		name := "rust"
		if r.leg != "" {
			name += "@" + r.leg
		}
		if r.ignored != "" {
			text, fix := r.unheard()
			d.warn(name, fix, "%s", text)
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
	dir := resolve(d.cfg.Workspace)
	repo, err := repository(ctx, dir)
	var owner *git.OwnerError
	switch {
	case errors.As(err, &owner):
		d.fail("git", owner.Advice(), "%v", err)
		return
	case errors.Is(err, git.ErrNoGit):
		d.fail("git", "install git", "%s is in a git repository, but there is no git to tell which files are the source", dir)
		return
	case err != nil:
		d.fail("git", "", "%v", err)
		return
	case repo == nil:
		d.ok("git", "%s is in no repository: the source is everything that .dockerignore leaves", dir)
		return
	}
	switch ignored, err := ignores(ctx, repo, dir); {
	case err != nil:
		d.fail("git", "", "%v", err)
	case ignored:
		d.warn("git", "", "git ignores Cargo.toml in %s: the source is everything that .dockerignore leaves", dir)
	default:
		d.ok("git", "the source is what git tracks in %s, and new files that it does not ignore", repo.Top)
	}
	d.submodules(ctx)
}

// submodules tells of those that are not checked out.
func (d *doctor) submodules(ctx context.Context) {
	if d.project == nil {
		return
	}
	tree, err := d.project.tree(ctx)
	switch {
	case err != nil:
		d.fail("source", "", "%v", err)
	case len(tree.Absent) > 0:
		d.warn("source", submoduleAdvice, "%s: its files are missing", absentText(tree))
	}
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

// settings looks at what the configuration says of the workspace.
func (d *doctor) settings() {
	var problems *config.Error
	for _, l := range d.project.ws.Left() {
		if l.Own() {
			d.ok("named", "%s", l)
		} else {
			d.warn("named", "", "%s", l)
		}
	}
	if err := config.NewError(d.project.faults(names(d.cfg.Checks))); errors.As(err, &problems) {
		d.mistakes("settings", problems)
	}
}
