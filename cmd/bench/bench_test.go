package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/llb"
)

func BenchmarkPlan(b *testing.B) {
	dir := b.TempDir()
	if err := generate(dir, plannedMembers, plannedCrates); err != nil {
		b.Fatal(err)
	}
	for name, set := range map[string][]string{"plain": nil, "layers": {"common.member-layers=true"}} {
		b.Run(name, func(b *testing.B) {
			cfg, err := planConfig(dir, set...)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := plan(b.Context(), cfg, dir); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestGenerate lets cargo itself judge a generated workspace without crates:
// those do not exist.
func TestGenerate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := generate(dir, 12, 0); err != nil {
		t.Fatal(err)
	}
	cfg, err := planConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	if nodes, err := plan(t.Context(), cfg, dir); err != nil || nodes < 8 {
		t.Fatalf("%d nodes, %v", nodes, err)
	}
	if _, err := exec.LookPath("cargo"); err != nil {
		t.Fatalf("%v: the generated workspace is compared with cargo's own reading", err)
	}
	cmd := exec.CommandContext(t.Context(), "cargo", "metadata", "--locked", "--offline", "--format-version=1")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("cargo metadata: %v\n%s", err, out)
	}
}

func TestRow(t *testing.T) {
	t.Parallel()
	ms := func(all ...int) []time.Duration {
		var times []time.Duration
		for _, n := range all {
			times = append(times, time.Duration(n)*time.Millisecond)
		}
		return times
	}
	tests := map[string]struct {
		row  row
		want []string
	}{
		"ratio met":    {row{peer: ms(300, 100, 200), cranekit: ms(90), ratio: 0.5}, []string{"0.200", "0.090", "0.45", "", "", "≤ 0.50", "met"}},
		"ratio missed": {row{peer: ms(1000, 2000), cranekit: ms(1600), ratio: 0.5}, []string{"1.50", "1.60", "1.07", "", "", "≤ 0.50", "missed"}},
		"limit missed": {row{peer: ms(90000), cranekit: ms(12340), ratio: 0.5, limit: time.Second}, []string{"90.0", "12.3", "0.14", "", "", "≤ 0.50 and ≤ 1 s", "missed"}},
		"bytes missed": {row{peer: ms(1000), cranekit: ms(100), ratio: 0.5, peerBytes: []int64{2e6, 4e6}, ownBytes: []int64{2e6}}, []string{"1.00", "0.100", "0.10", "3.0, 2.0", "0.67", "≤ 0.50", "missed"}},
		"no peer":      {row{cranekit: ms(20), limit: 50 * time.Millisecond}, []string{"–", "0.020", "–", "", "", "≤ 0.05 s", "met"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.row.cells()[3:]; !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// generated is a benchmark of a generated workspace, with its graph.
func generated(t *testing.T) (*bench, *llb.Graph) {
	t.Helper()
	b := &bench{options: &options{checks: llb.DefaultChecks()}, tree: t.TempDir()}
	if err := generate(b.tree, 12, 3); err != nil {
		t.Fatal(err)
	}
	cfg, err := planConfig(b.tree)
	if err != nil {
		t.Fatal(err)
	}
	g, err := graphOf(cfg, b.tree, llb.Base{Ref: "rust"}, ocispecs.Platform{OS: "linux", Architecture: "amd64"})
	if err != nil {
		t.Fatal(err)
	}
	return b, g
}

func TestDockerfile(t *testing.T) {
	t.Parallel()
	b, g := generated(t)
	text, err := b.dockerfile(g)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(strings.NewReader(text)); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, n := range g.Checks() {
		for _, command := range n.Commands {
			if !strings.Contains(text, command) {
				t.Errorf("no %q in\n%s", command, text)
			}
		}
	}
	for _, want := range []string{"FROM cooked-tarpaulin-tuned AS tarpaulin-tuned\n", "FROM scratch AS checks-tuned\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestSteps(t *testing.T) {
	t.Parallel()
	script := handScript([]string{"echo build --release", "echo test --no-run x"})
	out, err := exec.CommandContext(t.Context(), "sh", "-euc", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := steps(string(out)); len(got) != 2 || !strings.HasPrefix(got[1], "echo test --no-run ") {
		t.Errorf("%q in %s", got, out)
	}
}

func TestCompiledDep(t *testing.T) {
	t.Parallel()
	const log = "   Compiling serde v1.0.2\n    Checking app v0.1.0 (/src/app)\n    Checking log v0.4.1\nCompiling twice\n"
	if got := compiledDep.FindAllString(log, -1); len(got) != 2 {
		t.Errorf("%q", got)
	}
}

func TestEditedFile(t *testing.T) {
	t.Parallel()
	b, _ := generated(t)
	name, err := b.editedFile()
	if err != nil || name != "crates/member-000/src/main.rs" {
		t.Fatalf("%q, %v", name, err)
	}
	if err := b.editLine(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(b.tree + "/" + name)
	if err != nil || strings.Count(string(data), "\n") != 2 {
		t.Errorf("%q, %v", data, err)
	}
}
