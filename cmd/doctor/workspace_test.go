package doctor

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
	"github.com/cranekit/cranekit/cmd/project"
)

// TestDoctorHostileGit looks at workspaces whose git directory runs programs.
func TestDoctorHostileGit(t *testing.T) {
	t.Parallel()
	cmdtest.HostileGit(t, func(t *testing.T, at string) {
		t.Helper()
		d := newDoctor(t, at)
		d.workspace(t.Context())
		d.git(t.Context())
		d.expect(t, "git", OK, "", "")
	})
}

// TestDoctorUnreadableRepository: git cannot tell what is private.
func TestDoctorUnreadableRepository(t *testing.T) {
	t.Parallel()
	dir := cmdtest.RealDir(t)
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	cmdtest.WriteTree(t, dir, map[string]string{".git/HEAD": "nonsense"})
	d := newDoctor(t, dir)
	d.git(t.Context())
	d.expect(t, "git", Fail, "git repository in "+dir, "")
}

// TestDoctorOutputLink has a link to nothing in place of the output directory, as
// nix build leaves it when its store is swept.
func TestDoctorOutputLink(t *testing.T) {
	t.Parallel()
	dir, outside := cmdtest.RealDir(t), filepath.Join(cmdtest.RealDir(t), "gone")
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	cmdtest.Symlink(t, outside, filepath.Join(dir, "result"))
	d := newDoctor(t, dir)
	d.output(t.Context())
	d.expect(t, "output", Fail, "result is a link to "+outside+", which is not there: remove the link", "--output")
}

// TestAbsentSubmodule wants a clone without submodules to be said.
func TestAbsentSubmodule(t *testing.T) {
	t.Parallel()
	dir, sub, clone := cmdtest.RealDir(t), cmdtest.RealDir(t), cmdtest.RealDir(t)
	cmdtest.WriteTree(t, sub, map[string]string{"a.txt": ""})
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	for _, repo := range []string{sub, dir} {
		cmdtest.Git(t, repo, "init", "-q")
		cmdtest.Git(t, repo, "add", ".")
		cmdtest.Git(t, repo, "commit", "-qm", "x")
	}
	cmdtest.Git(t, dir, "submodule", "--quiet", "add", sub, "sub")
	cmdtest.Git(t, dir, "commit", "-qm", "sub")
	cmdtest.Git(t, clone, "clone", "-q", dir, ".")
	d := newDoctor(t, clone)
	d.workspace(t.Context())
	d.git(t.Context())
	d.expect(t, "source", Warn, "the submodule sub is not checked out", project.SubmoduleAdvice)
	tree, err := d.project.Tree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	project.WarnAbsent(&said, tree)
	if want := "warning: the submodule sub is not checked out: run " + project.SubmoduleAdvice + " to have the files\n"; said.String() != want {
		t.Errorf("said %q, want %q", said.String(), want)
	}
}
