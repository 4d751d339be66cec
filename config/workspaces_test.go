package config

import (
	"os"
	"path/filepath"
	"testing"
)

// TestWorkspaces is about one crane.yaml for several workspaces.
func TestWorkspaces(t *testing.T) {
	t.Parallel()
	dir := project(t, "crane.yaml", "workspace: [., tools/gen, tools/gen/sub]\n")
	for _, sub := range []string{"tools/gen", "tools/gen/sub"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, sub, "Cargo.toml"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := load(t, testOptions(dir))
	equal(t, "results", c.Results, filepath.Join(dir, "result"))
	base := filepath.Base(dir)
	want := [][2]string{
		{dir, base},
		{filepath.Join(dir, "tools/gen"), base + "-tools-gen"},
		{filepath.Join(dir, "tools/gen/sub"), base + "-tools-gen-sub"},
	}
	each := c.Each()
	equal(t, "workspaces", len(each), len(want))
	for i, own := range each {
		equal(t, "workspace", own.Workspace, want[i][0])
		equal(t, "output", own.Output, filepath.Join(dir, "result", want[i][1]))
	}

	o := testOptions(dir)
	o.Set = []string{"workspace=[tools/gen, tools/gen/sub]", "output=out"}
	each = load(t, o).Each()
	equal(t, "output", each[1].Output, filepath.Join(dir, "out", "gen-sub"))

	o.Set = []string{"workspace=tools/gen"}
	one := load(t, o).Each()
	equal(t, "workspaces", len(one), 1)
	equal(t, "output", one[0].Output, filepath.Join(dir, "tools/gen/result"))

	o.Set = []string{"workspace=[., nowhere, .]"}
	compareProblems(t, o, "--set: workspace: no Cargo.toml in DIR/nowhere\n--set: workspace: names DIR twice")
}
