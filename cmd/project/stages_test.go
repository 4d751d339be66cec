package project

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/cranekit/cranekit/cmd/ci"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// TestOwnBranch: no change, fork or tag has the name of a branch, and what has
// no name remembers nothing.
func TestOwnBranch(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range []ci.Run{
		{Branch: "main"}, {Branch: "main", Change: true}, {Branch: "main", Tag: true},
	} {
		name := ownBranch(r)
		if name == "" || seen[name] {
			t.Errorf("%+v is called %q", r, name)
		}
		seen[name] = true
	}
	for _, r := range []ci.Run{{Change: true}, {Branch: "patch-1", Change: true, Fork: true}, {Branch: "main", System: ci.Unknown}} {
		if name := ownBranch(r); name != "" {
			t.Errorf("%+v is called %q", r, name)
		}
	}
}

// TestStagesPlace: another repository at the same path has another place; outside
// of a repository, and on a commit without a branch, there is none.
func TestStagesPlace(t *testing.T) {
	dir := t.TempDir()
	p := &Project{base: dir, Workspace: &cargo.Workspace{Dir: "."}, Config: &config.Config{DepsFromEarlier: true}}
	none := func(string) string { return "" }
	git := func(args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@b"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	if place := p.StagesPlace(t.Context(), none); place != nil {
		t.Errorf("outside of a repository: %+v", place)
	}
	domains := map[string]bool{}
	for _, message := range []string{"one", "another"} {
		if err := os.RemoveAll(filepath.Join(dir, ".git")); err != nil {
			t.Fatal(err)
		}
		git("init", "-q", "-b", "work")
		git("commit", "-q", "--allow-empty", "-m", message)
		place := p.StagesPlace(t.Context(), none)
		if place == nil || place.Branch != "work" || place.Base != "main" {
			t.Fatalf("on a branch: %+v", place)
		}
		domains[place.Domain()] = true
	}
	if len(domains) != 2 {
		t.Error("two repositories have one domain")
	}
	git("checkout", "-q", "--detach")
	if place := p.StagesPlace(t.Context(), none); place != nil {
		t.Errorf("on no branch: %+v", place)
	}
	git("checkout", "-q", "work")
	p.Config.DepsFromEarlier = false
	if place := p.StagesPlace(t.Context(), none); place != nil {
		t.Errorf("turned off: %+v", place)
	}
}
