package cmd

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"github.com/cranekit/cranekit/images"
)

// moduleRow is a row of docs/dependencies.md: a path and two reasons.
var moduleRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| [^|]+ \\| [^|]+ \\|$")

// TestDependenciesDocument keeps docs/dependencies.md equal to the direct
// dependencies of go.mod and the tools of .ci/tools.mod.
func TestDependenciesDocument(t *testing.T) {
	t.Parallel()
	var want []string
	for _, r := range readModule(t, "../go.mod").Require {
		if !r.Indirect {
			want = append(want, r.Mod.Path)
		}
	}
	for _, tool := range readModule(t, "../.ci/tools.mod").Tool {
		want = append(want, tool.Path)
	}
	var got []string
	for _, row := range moduleRow.FindAllStringSubmatch(readText(t, "../docs/dependencies.md"), -1) {
		got = append(got, row[1])
	}
	for _, path := range want {
		if !slices.Contains(got, path) {
			t.Errorf("docs/dependencies.md has no row for %s", path)
		}
	}
	for i, path := range got {
		if !slices.Contains(want, path) {
			t.Errorf("docs/dependencies.md has a row for %s, which is no direct dependency", path)
		}
		if slices.Contains(got[:i], path) {
			t.Errorf("docs/dependencies.md has two rows for %s", path)
		}
	}
}

var update = flag.Bool("update", false, "write the graph of the first page anew")

// planBlock is the block of a page that has a graph.
var planBlock = regexp.MustCompile("(?ms)^```\ntoolchain\n.*?^```\n")

// TestPlanInDocument keeps the graph of the first page equal to what plan
// prints for the example.
func TestPlanInDocument(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a := &app{version: "1.2.3", out: &out, err: &out}
	root := a.root()
	// A flag outranks what the environment says of the toolchain.
	root.SetArgs([]string{"plan", "-C", "../examples/workspace", "--set", "toolchain.image=" + images.Default("")})
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	const page = "../docs/first-workspace.md"
	text := readText(t, page)
	if *update {
		text = planBlock.ReplaceAllLiteralString(text, "```\n"+out.String()+"```\n")
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(text, out.String()) {
		t.Errorf("%s does not show what cranekit plan prints for examples/workspace; go test ./cmd -run TestPlan -update renews it:\n%s", page, &out)
	}
}

func readModule(t *testing.T, name string) *modfile.File {
	t.Helper()
	file, err := modfile.Parse(name, []byte(readText(t, name)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func readText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
