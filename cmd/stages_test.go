package cmd

import (
	"os/exec"
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
		{Branch: "main"}, {Branch: "main", Change: true}, {Branch: "main", Change: true, Fork: true}, {Branch: "main", Tag: true},
	} {
		name := ownBranch(r)
		if name == "" || seen[name] {
			t.Errorf("%+v is called %q", r, name)
		}
		seen[name] = true
	}
	if name := ownBranch(ci.Run{Change: true}); name != "" {
		t.Errorf("a change that nobody names is called %q", name)
	}
}

// TestStagesPlace: outside of a repository there is one place, on a commit
// without a branch none.
func TestStagesPlace(t *testing.T) {
	dir := t.TempDir()
	p := &project{base: dir, ws: &cargo.Workspace{Dir: "."}, cfg: &config.Config{DepsFromEarlier: true}}
	none := func(string) string { return "" }
	if place := p.stagesPlace(t.Context(), none); place.Branch == "" || place.Branch != place.Base {
		t.Errorf("outside of a repository: %+v", place)
	}
	for _, args := range [][]string{
		{"init", "-q", "-b", "work"},
		{"-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "one"},
	} {
		if out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	if place := p.stagesPlace(t.Context(), none); place.Branch != "work" || place.Base != "main" {
		t.Errorf("on a branch: %+v", place)
	}
	if out, err := exec.CommandContext(t.Context(), "git", "-C", dir, "checkout", "-q", "--detach").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if place := p.stagesPlace(t.Context(), none); place != nil {
		t.Errorf("on no branch: %+v", place)
	}
	p.cfg.DepsFromEarlier = false
	if place := p.stagesPlace(t.Context(), none); place != nil {
		t.Errorf("turned off: %+v", place)
	}
}
