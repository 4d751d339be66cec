package llb

import (
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/config"
)

// TestScriptStage: a script says what it needs compiled, and is one script
// that is labelled by the name of its check.
func TestScriptStage(t *testing.T) {
	t.Parallel()
	for deps, want := range map[string]string{"none": "toolchain", "check": "deps check", "build": "deps build", "test": "deps test"} {
		set := []string{"checks.own.kind=custom", "checks.own.run=[ls, \"x | y\"]", "checks.own.deps=" + deps, "checks.own.shell=bash -euo pipefail -c"}
		g := plan(t, "testdata/workspace", layoutBase(), set...)
		n := g.Node("own")
		if !slices.Contains(n.Needs, want) || deps == "none" && len(n.Needs) != 1 {
			t.Errorf("with deps: %s it needs %q, want %q", deps, n.Needs, want)
		}
		def, err := g.Marshal(t.Context(), n, "run", nil)
		if err != nil {
			t.Fatal(err)
		}
		if args := lastExec(t, def).Meta.Args; args[2] != "shell 'ls\nx | y' bash -euo pipefail -c" {
			t.Errorf("the script is %q", args)
		}
		named := false
		for _, meta := range def.Metadata {
			named = named || meta.Description["llb.customname"] == "[own] script"
		}
		if !named {
			t.Error("the vertex does not have the name of its check")
		}
	}
}

// TestStageByHand: a script that no loader completed starts from all dependencies.
func TestStageByHand(t *testing.T) {
	t.Parallel()
	if got := kinds["custom"].deps(config.Check{Kind: "custom"}); got != stageTest {
		t.Errorf("it starts from stage %d", got)
	}
}

// TestNoTestsStage: without tests nothing is compiled for them.
func TestNoTestsStage(t *testing.T) {
	t.Parallel()
	n := plan(t, "testdata/workspace", layoutBase(), "checks.package.tests=false").Node("package")
	if !slices.Equal(n.Needs, []string{"deps build"}) || len(n.Commands) != 1 || !strings.HasPrefix(n.Commands[0], "cargo build") {
		t.Errorf("needs %q, runs %q", n.Needs, n.Commands)
	}
}

// TestTitle: a check of several commands is not called by the first, which is
// seldom the one that fails.
func TestTitle(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]config.Check{
		"cargo build, cargo test": {Kind: "package", Tests: true, Settings: config.Settings{Profile: "release"}},
		"cargo test":              {Kind: "test", Settings: config.Settings{Profile: "release"}},
		"cargo clippy --workspace --locked --offline --release --all-targets": {Kind: "clippy", Args: []string{"--all-targets"}, Settings: config.Settings{Profile: "release"}},
		"script": {Kind: "custom", Run: []string{"cargo a", "cargo b"}},
	} {
		if got := title(kinds[c.Kind].commands(c)); got != want {
			t.Errorf("%s is called %q, want %q", c.Kind, got, want)
		}
	}
}

// TestRowsOnly: kinds that are nothing but rows start from what they say, and run
// what a person would.
func TestRowsOnly(t *testing.T) {
	t.Parallel()
	g := plan(t, "testdata/workspace", layoutBase(), "checks.doctest.args=--no-fail-fast -- --test-threads 1", "checks.taplo.args=--diff --check")
	for name, want := range map[string]struct{ needs, commands []string }{
		"doctest": {[]string{"deps test"}, []string{
			"cargo test --doc --quiet --workspace --locked --offline --release -- --list",
			"cargo test --doc --workspace --locked --offline --release --no-fail-fast -- --test-threads 1",
		}},
		"taplo": {[]string{"toolchain", "tool taplo-cli"}, []string{"taplo fmt --check --diff"}},
	} {
		if n := g.Node(name); !slices.Equal(n.Needs, want.needs) || !slices.Equal(n.Commands, want.commands) {
			t.Errorf("%s needs %q and runs %q", name, n.Needs, n.Commands)
		}
	}
	c := config.Check{Kind: "taplo"}
	for file, want := range map[string]bool{"Cargo.toml": true, "a/.taplo.toml": true, "src/lib.rs": false, "Cargo.lock": false, "toml": false} {
		if got := SourceOf(c).Match(file); got != want {
			t.Errorf("taplo sees %s: %t", file, got)
		}
	}
	if Programs("doctest") || !Programs("package") {
		t.Error("programs come out of package checks alone")
	}
}
