package project

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/cache"
	"github.com/cranekit/cranekit/llb"
)

// TestTransfer is measured by exports of compiled dependencies, not by those of
// a check that is called like one.
func TestTransfer(t *testing.T) {
	t.Parallel()
	nodes := []buildkit.NodeFact{{Name: "deps check", Role: llb.RoleStage}, {Name: "deps-x", Role: llb.RoleCheck}, {Name: "deps-x member app", Role: llb.RoleLayer, Owner: "deps-x"}}
	for saved, want := range map[string]float64{"deps check": 7, "deps-x": 0, "deps-x member app": 0} {
		file := filepath.Join(t.TempDir(), "durations.json")
		err := Durations{}.Learn(file, &buildkit.Report{
			Nodes: nodes, Costs: map[string]time.Duration{"deps-x": time.Second},
			Caches: []cache.Fact{{Saved: []string{saved}, Export: 7 * time.Second}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := ReadDurations(file).Transfer; got != want {
			t.Errorf("after an export of %s: %g s, want %g s", saved, got, want)
		}
	}
}
