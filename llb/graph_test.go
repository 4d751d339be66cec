package llb

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

var update = flag.Bool("update", false, "write golden files")

const debian = `{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/usr/bin:/bin"]}}`

const official = `{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/usr/local/cargo/bin:/usr/bin","RUSTUP_HOME=/usr/local/rustup","RUST_VERSION=1.96.0"]}}`

func layoutBase() Base {
	return Base{Ref: "local/toolchain@" + digest.FromString("image").String(), Store: "toolchain", Config: []byte(debian)}
}

func hubBase() Base {
	return Base{Ref: "docker.io/library/rust@" + digest.FromString("hub").String(), Config: []byte(official)}
}

// inputs reads a workspace as the commands do.
func inputs(t *testing.T, dir string, set ...string) (*config.Config, *cargo.Workspace, *cargo.Skeleton) {
	t.Helper()
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(config.Options{Dir: dir, Kinds: Kinds(), DefaultChecks: DefaultChecks(), Set: append([]string{"workspace=" + dir}, set...)})
	if err != nil {
		t.Fatal(err)
	}
	ws, err := cargo.Load(os.DirFS(dir), ".", "")
	if err != nil {
		t.Fatal(err)
	}
	skeleton, err := ws.Skeleton()
	if err != nil {
		t.Fatal(err)
	}
	return cfg, ws, skeleton
}

// plan makes the graph of a directory as the commands do.
func plan(t *testing.T, dir string, base Base, set ...string) *Graph {
	t.Helper()
	cfg, ws, skeleton := inputs(t, dir, set...)
	g, err := New(cfg, ws, skeleton, Options{Bases: map[string]Base{"": base}, Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// keys are the digests of all nodes.
func keys(t *testing.T, g *Graph) map[string]string {
	t.Helper()
	keys := map[string]string{}
	for _, n := range g.Nodes {
		def, err := g.Marshal(t.Context(), n, "run", nil)
		if err != nil {
			t.Fatal(err)
		}
		dgst, err := def.Head()
		if err != nil {
			t.Fatal(err)
		}
		keys[n.Name] = dgst.String()
	}
	return keys
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dir  string
		base Base
		set  []string
	}{
		"workspace": {"testdata/workspace", layoutBase(), nil},
		"all-kinds": {"testdata/all-kinds", layoutBase(), nil},
		"rustup":    {"testdata/workspace", hubBase(), nil},
		"layers":    {"testdata/workspace", layoutBase(), []string{"common.member-layers=true"}},
		// Targets by rustup, in legs that share fetch and what else they can.
		"targets": {"testdata/workspace", hubBase(), []string{
			"matrix.host.profile=release", "matrix.musl.target=x86_64-unknown-linux-musl", "matrix.wasm.target=wasm32-unknown-unknown",
			"checks.clippy.matrix=host,wasm", "checks.package.matrix=host,musl",
		}},
		// A target without an operating system, linked with a script of a member.
		"firmware": {"testdata/firmware", hubBase(), []string{"checks.clippy.kind=clippy", "checks.package.kind=package", "checks.package.tests=false", "common.target=thumbv7em-none-eabihf"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := plan(t, c.dir, c.base, c.set...)
			var text strings.Builder
			if err := WriteText(&text, g.Nodes); err != nil {
				t.Fatal(err)
			}
			text.WriteString("\n")
			if err := WriteDot(&text, g.Nodes); err != nil {
				t.Fatal(err)
			}
			text.WriteString("\n" + dump(t, g))
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(text.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if text.String() != string(want) {
				t.Errorf("graph differs from %s; run go test ./llb -update and look at the difference\n%s", golden, text.String())
			}
		})
	}
}

func TestEqualBytes(t *testing.T) {
	t.Parallel()
	one, two := plan(t, "testdata/all-kinds", layoutBase()), plan(t, "testdata/all-kinds", layoutBase())
	for i, n := range one.Nodes {
		a, err := one.Marshal(t.Context(), n, "run", nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := two.Marshal(t.Context(), two.Nodes[i], "run", nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(a.Def, b.Def, slices.Equal[[]byte]) {
			t.Errorf("%s: two graphs of equal input differ", n.Name)
		}
	}
}

// TestKeys states which configuration enters which key.
func TestKeys(t *testing.T) {
	t.Parallel()
	const dir = "testdata/workspace"
	before := keys(t, plan(t, dir, layoutBase()))
	for name, c := range map[string]struct {
		set     []string
		changed []string
	}{
		"nothing":      {nil, nil},
		"output":       {[]string{"output=elsewhere", "jobs=1", "fail-fast=true"}, nil},
		"clippy args":  {[]string{"checks.clippy.args=--all-targets"}, []string{"clippy"}},
		"fail-under":   {[]string{"checks.tarpaulin.fail-under=80"}, []string{"tarpaulin"}},
		"formats":      {[]string{"checks.tarpaulin.out=Lcov"}, []string{"tarpaulin"}},
		"check env":    {[]string{"checks.package.env.FOO=1"}, []string{"package"}},
		"another":      {[]string{"checks.more.kind=test"}, nil},
		"tool version": {[]string{"toolchain.tools.cargo-tarpaulin=0.37.4"}, []string{"tarpaulin", "tool cargo-tarpaulin", "tool-fetch cargo-tarpaulin"}},
		"env":          {[]string{"common.env.FOO=1"}, []string{"clippy", "deps build", "deps check", "deps test", "package", "tarpaulin"}},
		"registry env": {[]string{"common.env.CARGO_REGISTRIES_X_INDEX=sparse+https://x/"}, []string{"clippy", "deps build", "deps check", "deps test", "fetch", "package", "tarpaulin"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after := keys(t, plan(t, dir, layoutBase(), c.set...))
			var changed []string
			for node, key := range before {
				if after[node] != key {
					changed = append(changed, node)
				}
			}
			slices.Sort(changed)
			if !slices.Equal(changed, c.changed) {
				t.Errorf("keys that changed: %q, want %q", changed, c.changed)
			}
		})
	}
}
