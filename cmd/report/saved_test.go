package report

import (
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/llb"
)

// TestSave counts each stage once, and those that were compiled not at all.
func TestSave(t *testing.T) {
	t.Parallel()
	const build, test, legs = "cargo build --workspace", "cargo test --no-run --workspace", "cargo check --all-features"
	s := Summary{
		Checks: make([]Check, 2),
		Caches: []Cache{{Import: Import{Found: []string{"deps check", "deps build", "package"}}}},
	}
	lines := "30 cargo check --workspace\n12 " + build + "\n"
	for i, text := range []string{lines, lines + "7 " + test + "\n5 " + legs + "\n"} {
		if err := s.Checks[i].readCompiling(strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	s.Save([]buildkit.NodeFact{
		{Name: "deps check", Role: llb.RoleStage, Commands: []string{"cargo check --workspace"}, Cached: true},
		{Name: "deps build", Role: llb.RoleStage, Commands: []string{build}, Cached: true},
		{Name: "deps test", Role: llb.RoleStage, Commands: []string{test}},
		{Name: "deps + check", Role: llb.RoleStage, Commands: []string{legs}, Cached: true},
	})
	if s.SavedSeconds != 47 || s.Caches[0].Import.SavedSeconds != 42 {
		t.Errorf("saved %g s, of which the cache had %g; want 47 and 42", s.SavedSeconds, s.Caches[0].Import.SavedSeconds)
	}
	var c Check
	if err := c.readCompiling(strings.NewReader("soon cargo check\n")); err == nil {
		t.Error("a line without a time is taken")
	}
}
