package cmd

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestDoctorHostileGit looks at workspaces whose git directory runs programs.
func TestDoctorHostileGit(t *testing.T) {
	t.Parallel()
	hostileGit(t, func(t *testing.T, at string) {
		t.Helper()
		d := newDoctor(t, at)
		d.workspace(t.Context())
		d.git(t.Context())
		d.expect(t, "git", healthOK, "", "")
	})
}

// TestDoctorUnreadableRepository: git cannot tell what is private.
func TestDoctorUnreadableRepository(t *testing.T) {
	t.Parallel()
	dir := realDir(t)
	writeTree(t, dir, single())
	writeTree(t, dir, map[string]string{".git/HEAD": "nonsense"})
	d := newDoctor(t, dir)
	d.git(t.Context())
	d.expect(t, "git", healthFail, "git repository in "+dir, "")
}

// TestDoctorOutputLink has a link to nothing in place of the output directory, as
// nix build leaves it when its store is swept.
func TestDoctorOutputLink(t *testing.T) {
	t.Parallel()
	dir, outside := realDir(t), filepath.Join(realDir(t), "gone")
	writeTree(t, dir, single())
	symlink(t, outside, filepath.Join(dir, "result"))
	d := newDoctor(t, dir)
	d.output(t.Context())
	d.expect(t, "output", healthFail, "result is a link to "+outside+", which is not there: remove the link", "--output")
}

// TestAbsentSubmodule wants a clone without submodules to be said.
func TestAbsentSubmodule(t *testing.T) {
	t.Parallel()
	dir, sub, clone := realDir(t), realDir(t), realDir(t)
	writeTree(t, sub, map[string]string{"a.txt": ""})
	writeTree(t, dir, single())
	for _, repo := range []string{sub, dir} {
		runGit(t, repo, "init", "-q")
		runGit(t, repo, "add", ".")
		runGit(t, repo, "commit", "-qm", "x")
	}
	runGit(t, dir, "submodule", "--quiet", "add", sub, "sub")
	runGit(t, dir, "commit", "-qm", "sub")
	runGit(t, clone, "clone", "-q", dir, ".")
	d := newDoctor(t, clone)
	d.workspace(t.Context())
	d.git(t.Context())
	d.expect(t, "source", healthWarn, "the submodule sub is not checked out", submoduleAdvice)
	tree, err := d.project.tree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	warnAbsent(&said, tree)
	if want := "warning: the submodule sub is not checked out: run " + submoduleAdvice + " to have the files\n"; said.String() != want {
		t.Errorf("said %q, want %q", said.String(), want)
	}
}
