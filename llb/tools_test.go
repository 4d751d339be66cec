package llb

import (
	"slices"
	"testing"

	"github.com/cranekit/cranekit/images"
)

// TestToolsInShellLines: a tool that somebody asked for is there in a custom
// check, even at the version that is the default.
func TestToolsInShellLines(t *testing.T) {
	t.Parallel()
	shell := []string{"checks.own.kind=custom", "checks.own.run=cargo tarpaulin"}
	for name, test := range map[string]struct {
		set  string
		want bool
	}{
		"default":         {"jobs=1", false},
		"default version": {"toolchain.tools.cargo-tarpaulin=" + images.ToolVersion("cargo-tarpaulin"), true},
		"other version":   {"toolchain.tools.cargo-tarpaulin=0.37.4", true},
	} {
		g := plan(t, "../examples/workspace", layoutBase(), append(shell, test.set)...)
		if got := slices.Contains(g.Node("own").Needs, "tool cargo-tarpaulin"); got != test.want {
			t.Errorf("%s: the check has the tool: %t", name, got)
		}
	}
}
