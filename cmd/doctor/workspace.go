package doctor

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/config/git"
)

// workspace looks at manifests and lock, and opens the project for the rest.
func (d *Doctor) workspace(ctx context.Context) {
	p, err := project.Open(ctx, d.Config)
	switch {
	case errors.Is(err, cargo.ErrNoLock):
		d.ok("workspace", "the manifests in %s are fine", d.Config.Workspace)
		d.fail("lock", "cargo generate-lockfile", "there is no Cargo.lock in %s", d.Config.Workspace)
		return
	case err != nil:
		d.fail("workspace", "", "%v", err)
		return
	}
	d.project = p
	var members []string
	for _, pkg := range p.Workspace.Packages {
		if pkg.Member {
			members = append(members, pkg.Name)
		}
	}
	d.ok("workspace", "%s: %s", p.Config.Workspace, strings.Join(members, ", "))
	if reasons := p.Workspace.Outdated(); len(reasons) > 0 {
		d.fail("lock", "cargo update --workspace", "Cargo.lock %s: it is older than the manifests, and checks run with --locked", strings.Join(reasons, "; "))
	} else {
		d.ok("lock", "Cargo.lock, format %d, %s", p.Workspace.Lock.Format, report.Counted(len(p.Workspace.Lock.Packages), "package"))
	}
	d.settings()
	d.rust()
}

// rust compares the Rust that will run with the one that manifests ask for.
func (d *Doctor) rust() {
	for _, r := range d.project.Rusts(d.Config.Checks) {
		name := "rust"
		if r.Leg != "" {
			name += "@" + r.Leg
		}
		if r.Ignored != "" {
			text, fix := r.Unheard()
			d.warn(name, fix, "%s", text)
		}
		switch {
		case r.Old():
			text, fix := r.Problem()
			d.fail(name, fix, "%s", text)
		case r.Needs == "":
			d.ok(name, "%s (%s); no rust-version is asked for", cmp.Or(r.Channel, "unknown"), r.From)
		default:
			d.ok(name, "%s (%s); rust-version %s is asked for", cmp.Or(r.Channel, "unknown"), r.From, r.Needs)
		}
	}
}

// git tells what the source is, which git decides.
func (d *Doctor) git(ctx context.Context) {
	dir := project.Resolve(d.Config.Workspace)
	repo, err := project.GitRepository(ctx, dir)
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
	switch ignored, err := project.GitIgnores(ctx, repo, dir); {
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
func (d *Doctor) submodules(ctx context.Context) {
	if d.project == nil {
		return
	}
	tree, err := d.project.Tree(ctx)
	switch {
	case err != nil:
		d.fail("source", "", "%v", err)
	case len(tree.Absent) > 0:
		d.warn("source", project.SubmoduleAdvice, "%s: its files are missing", project.AbsentText(tree))
	}
}

// output looks at the directory for results without making it.
func (d *Doctor) output(context.Context) {
	dir := d.Config.Output
	if _, err := project.CheckOutput(dir, d.Config.Workspace); err != nil {
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
func (d *Doctor) settings() {
	var problems *config.Error
	for _, l := range d.project.Workspace.Left() {
		if l.Own() {
			d.ok("named", "%s", l)
		} else {
			d.warn("named", "", "%s", l)
		}
	}
	if err := config.NewError(d.project.Faults(project.Names(d.Config.Checks))); errors.As(err, &problems) {
		d.Mistakes("settings", problems)
	}
}
