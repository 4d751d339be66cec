package llb

import (
	"strings"
	"testing"
)

// TestRolesAreNoNames: checks may be called like tools, stages and toolchains.
func TestRolesAreNoNames(t *testing.T) {
	t.Parallel()
	g := plan(t, "testdata/workspace", layoutBase(), "common.member-layers=true",
		"checks.tool@x.kind=clippy", "checks.deps-x.kind=check", "checks.toolchain-x.kind=test", "checks.cov.kind=tarpaulin")
	var text strings.Builder
	if err := WriteText(&text, g.Nodes); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text.String()) {
		for _, name := range []string{"tool@x", "deps-x", "toolchain-x"} {
			if strings.Contains(line, " "+name+" (") && strings.Contains(line, "with ") {
				t.Errorf("members are shown as tools: %s", line)
			}
		}
		if strings.Contains(line, " cov (") && !strings.Contains(line, "with tool cargo-tarpaulin") {
			t.Errorf("a tool is not shown: %s", line)
		}
	}
	owned := 0
	for _, n := range g.Nodes {
		if (n.Role == RoleLayer) != (n.Owner != "") {
			t.Errorf("the owner of %s is %q", n.Name, n.Owner)
		}
		if n.Role == RoleLayer && n.Owner == "tool@x" {
			owned++
		}
	}
	if owned == 0 {
		t.Error("no layer is owned by the check")
	}
}
