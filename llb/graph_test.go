package llb

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/solver/pb"
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

// dump renders every op of a graph once, a line each, with digests replaced by
// numbers in the order of their appearance.
func dump(t *testing.T, g *Graph) string {
	t.Helper()
	d := &dumper{numbers: map[string]int{}}
	for _, n := range g.Nodes {
		def, err := g.Marshal(context.Background(), n, "run", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, dt := range def.Def {
			var op pb.Op
			if err := op.UnmarshalVT(dt); err != nil {
				t.Fatal(err)
			}
			dgst := digest.FromBytes(dt).String()
			if _, ok := d.numbers[dgst]; ok || op.Op == nil {
				continue
			}
			d.numbers[dgst] = len(d.numbers) + 1
			d.op(d.numbers[dgst], &op)
		}
	}
	return d.text.String()
}

type dumper struct {
	numbers map[string]int
	text    strings.Builder
}

func (d *dumper) op(number int, op *pb.Op) {
	fmt.Fprintf(&d.text, "#%d", number)
	for _, in := range op.Inputs {
		fmt.Fprintf(&d.text, " <#%d:%d", d.numbers[in.Digest], in.Index)
	}
	switch op := op.Op.(type) {
	case *pb.Op_Source:
		fmt.Fprintf(&d.text, " source %s hint=%s\n", op.Source.Identifier, op.Source.Attrs["local.sharedkeyhint"])
	case *pb.Op_File:
		d.text.WriteString(" file\n")
		for _, action := range op.File.Actions {
			switch a := action.Action.(type) {
			case *pb.FileAction_Mkfile:
				fmt.Fprintf(&d.text, "   mkfile %s %o\n", a.Mkfile.Path, a.Mkfile.Mode)
			case *pb.FileAction_Mkdir:
				fmt.Fprintf(&d.text, "   mkdir %s %o\n", a.Mkdir.Path, a.Mkdir.Mode)
			case *pb.FileAction_Copy:
				fmt.Fprintf(&d.text, "   copy %s %s\n", a.Copy.Src, a.Copy.Dest)
			}
		}
	case *pb.Op_Exec:
		d.exec(op.Exec)
	default:
		fmt.Fprintf(&d.text, " %T\n", op)
	}
}

func (d *dumper) exec(op *pb.ExecOp) {
	fmt.Fprintf(&d.text, " exec network=%s cwd=%s\n", op.Network, op.Meta.Cwd)
	for _, arg := range op.Meta.Args {
		fmt.Fprintf(&d.text, "   arg %s\n", strings.ReplaceAll(arg, "\n", "\n       "))
	}
	for _, env := range op.Meta.Env {
		fmt.Fprintf(&d.text, "   env %s\n", env)
	}
	for _, m := range op.Mounts {
		fmt.Fprintf(&d.text, "   mount %s in=%d out=%d %s", m.Dest, m.Input, m.Output, m.MountType)
		if m.Readonly {
			d.text.WriteString(" ro")
		}
		if m.ContentCache != pb.MountContentCache_DEFAULT {
			fmt.Fprintf(&d.text, " content-cache=%s", m.ContentCache)
		}
		if m.CacheOpt != nil {
			fmt.Fprintf(&d.text, " id=%s %s", m.CacheOpt.ID, m.CacheOpt.Sharing)
		}
		if m.SecretOpt != nil {
			fmt.Fprintf(&d.text, " id=%s optional=%t", m.SecretOpt.ID, m.SecretOpt.Optional)
		}
		d.text.WriteString("\n")
	}
}
