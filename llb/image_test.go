package llb

import (
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/solver/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/config"
)

func TestPlatform(t *testing.T) {
	t.Parallel()
	host := ocispecs.Platform{OS: "linux", Architecture: "arm64", Variant: "v8", OSVersion: "6.1"}
	for target, want := range map[string]string{
		"":                              "linux/arm64/v8",
		"x86_64-unknown-linux-gnu":      "linux/amd64/",
		"x86_64-unknown-linux-musl":     "linux/amd64/",
		"aarch64-unknown-linux-musl":    "linux/arm64/",
		"armv7-unknown-linux-gnueabihf": "linux/arm/v7",
		"arm-unknown-linux-gnueabihf":   "linux/arm/v6",
		"i686-unknown-linux-gnu":        "linux/386/",
		"powerpc64le-unknown-linux-gnu": "linux/ppc64le/",
		"riscv64gc-unknown-linux-gnu":   "linux/riscv64/",
		"s390x-unknown-linux-gnu":       "linux/s390x/",
		"loongarch64-unknown-linux-gnu": "linux/loong64/",
		"wasm32-wasip1":                 "",
		"x86_64-pc-windows-gnu":         "",
		"sparc64-unknown-linux-gnu":     "",
	} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			p, err := Platform(target, host)
			if got := p.OS + "/" + p.Architecture + "/" + p.Variant; (err == nil) != (want != "") || err == nil && (got != want || p.OSVersion != "") {
				t.Errorf("%+v (%v), want %q", p, err, want)
			}
		})
	}
}

// imaged is the graph of the test workspace with an image of its package.
func imaged(t *testing.T, change func(*config.Config)) *Graph {
	t.Helper()
	cfg, ws, skeleton := inputs(t, "testdata/workspace")
	change(cfg)
	g, err := New(cfg, ws, skeleton, Options{
		Bases: map[string]Base{"": layoutBase()}, Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}, Images: []string{"package"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestImageKeys states what enters the key of an image's node, and that it
// enters no other.
func TestImageKeys(t *testing.T) {
	t.Parallel()
	before := keys(t, imaged(t, func(*config.Config) {}))
	for name, key := range keys(t, plan(t, "testdata/workspace", layoutBase())) {
		if before[name] != key {
			t.Errorf("%s has another key when there is an image", name)
		}
	}
	for name, c := range map[string]struct {
		change  func(*config.Config)
		changed []string
	}{
		"labels":   {func(c *config.Config) { c.Image.Labels = map[string]string{"a": "b"} }, nil},
		"user":     {func(c *config.Config) { c.Image.User = "0" }, nil},
		"binaries": {func(c *config.Config) { c.Image.Binaries = []string{"app"} }, []string{"image package"}},
		"target": {func(c *config.Config) {
			for i := range c.Checks {
				c.Checks[i].Settings.Target = "aarch64-unknown-linux-gnu"
			}
		}, []string{"clippy", "image package", "package", "tarpaulin"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after := keys(t, imaged(t, c.change))
			var changed []string
			for node, key := range before {
				if other, there := after[node]; there && other != key {
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

// TestImageNode looks at the vertex: in the toolchain, without a network, on
// what the package check put out.
func TestImageNode(t *testing.T) {
	t.Parallel()
	g := imaged(t, func(c *config.Config) {
		c.Image.Binaries = []string{"app"}
		for i := range c.Checks {
			c.Checks[i].Settings.Target = "aarch64-unknown-linux-gnu"
		}
	})
	n := g.Node(ImageNode("package"))
	if n == nil || n.Role != RoleImage || n.Network || !slices.Equal(n.Needs, []string{"package"}) {
		t.Fatalf("the node is %+v", n)
	}
	if last := g.Nodes[len(g.Nodes)-1]; last != n {
		t.Errorf("%s comes after it", last.Name)
	}
	text := dump(t, g)
	text = text[strings.LastIndex(text, " exec "):]
	for _, part := range []string{
		"network=NONE security=SANDBOX cwd=/ user=\"\"\n", "   arg /cranekit/lib/image.sh\n   arg aarch64-linux-gnu\n   arg app\n",
		" out=-1 BIND ro\n   mount /tmp ",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in the vertex:\n%s", part, text)
		}
	}
}

// based is the graph of an image on a base for arm64.
func based(t *testing.T, unmerged bool, change func(*config.Image)) (*Graph, error) {
	t.Helper()
	cfg, ws, skeleton := inputs(t, "testdata/workspace")
	cfg.Image.Packages = []string{"tzdata", "curl", "curl"}
	change(&cfg.Image)
	arm := ocispecs.Platform{OS: "linux", Architecture: "arm64"}
	return New(cfg, ws, skeleton, Options{
		Bases: map[string]Base{"": layoutBase()}, Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}, Images: []string{"package"}, Unmerged: unmerged,
		ImageBases: map[string]ImageBase{"package": {Base: Base{Ref: "docker.io/library/debian:12@sha256:" + strings.Repeat("d", 64), Config: []byte(`{"config":{"User":"app","Env":["A=1"]}}`)}, Platform: arm}},
	})
}

// TestImagePackages: packages are installed on the base, as root and for its
// platform, with network, and packed in the toolchain without.
func TestImagePackages(t *testing.T) {
	t.Parallel()
	g, err := based(t, false, func(*config.Image) {})
	if err != nil {
		t.Fatal(err)
	}
	install, pack := g.Node(installedNode("package")), g.Node(ImageNode("package"))
	if install == nil || !install.Network || len(install.Needs) > 0 || install.Role != RoleImage || !strings.Contains(install.Commands[1], "install -y --no-install-recommends curl tzdata ") {
		t.Errorf("the packages are installed by %+v", install)
	}
	if pack == nil || pack.Network || !slices.Equal(pack.Needs, []string{installedNode("package"), "package"}) {
		t.Errorf("they are packed by %+v", pack)
	}
	text := dump(t, g)
	for _, part := range []string{"   env A=1\n", "image-base.sh", "/cranekit/lib/image-pack.sh"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in the graph:\n%s", part, text)
		}
	}
	def, err := g.Marshal(t.Context(), install, "run", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, dt := range def.Def {
		var op pb.Op
		if err := op.UnmarshalVT(dt); err != nil {
			t.Fatal(err)
		}
		exec := op.GetExec()
		if exec != nil && (exec.Meta.User != "0" || op.Platform.Architecture != "arm64") || op.GetSource() != nil && op.Platform.Architecture != "arm64" {
			t.Errorf("it is for another user or platform: %s, %+v", op.Platform.Architecture, exec)
		}
	}
	before := keys(t, g)
	after, err := based(t, false, func(i *config.Image) {
		i.Files, i.Binaries, i.Packages = map[string]string{"a": "/b"}, []string{"app"}, []string{"curl", "tzdata"}
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range keys(t, after) {
		if before[name] != key {
			t.Errorf("%s has another key for other files, or packages in another order", name)
		}
	}
	if _, err := based(t, true, func(*config.Image) {}); err == nil || !strings.Contains(err.Error(), "image.packages needs a builder") {
		t.Errorf("on a builder that cannot compare layers: %v", err)
	}
}
