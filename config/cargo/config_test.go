package cargo

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestConfigInSkeleton(t *testing.T) {
	t.Parallel()
	files := tree{}
	for name, text := range plainTree {
		files["ws/"+name] = text
	}
	files = files.with(tree{
		// The name without an extension wins.
		"ws/.cargo/config": `
include = ["more.toml", { path = "gone.toml", optional = true }]
[alias]
x = "run --manifest-path crates/app/Cargo.toml"
[build]
rustc-wrapper = "scripts/wrap.sh"
rustflags = ["-Clink-arg=-Tscripts/link.x", "-L/etc/passwd", "../outside.x", "../../escape"]
[env]
CONF = { value = "scripts/conf.h", relative = true }
[registries.a]
index = "sparse+https://example.org/"
token = "hidden"
secret-key = "hidden"
credential-provider = "hidden"
[registry]
token = "hidden"
default = "a"
global-credential-providers = ["hidden"]
[credential-alias]
x = "hidden"
`,
		"ws/.cargo/config.toml":      "[build]\nlost = true\n",
		"ws/.cargo/more.toml":        "include = \"config\"\n[target.x]\nrunner = \"scripts/run.sh --flag\"\n[registry]\ntoken = \"hidden\"\n",
		"ws/.cargo/credentials.toml": "hidden",
		"ws/scripts/wrap.sh":         "#!/bin/sh",
		"ws/scripts/run.sh":          "#!/bin/sh",
		"ws/scripts/conf.h":          strings.Repeat("x", maxInline),
		"outside.x":                  "outside of the workspace, inside of the base",
		".cargo/config.toml":         "[target.y]\nrustflags = [\"--cfg=y\"]\n",
	})
	s := mustSkeleton(t, mustLoad(t, files, "ws"))
	var names []string
	for _, f := range s.Files {
		if strings.Contains(string(f.Data), "hidden") {
			t.Errorf("%s has credentials:\n%s", f.Path, f.Data)
		}
		if !strings.Contains(f.Path, "crates/") {
			names = append(names, f.Path)
		}
		if wantExec := strings.HasSuffix(f.Path, ".sh"); wantExec != (f.Mode == 0o755) {
			t.Errorf("%s has mode %o", f.Path, f.Mode)
		}
	}
	want := []string{".cargo/config.toml", "outside.x", "ws/.cargo/config", "ws/.cargo/more.toml", "ws/Cargo.lock", "ws/Cargo.toml", "ws/scripts/link.x", "ws/scripts/run.sh", "ws/scripts/wrap.sh"}
	if !slices.Equal(names, want) {
		t.Errorf("files are %v, want %v", names, want)
	}
	if want := []string{"ws/scripts/conf.h"}; !slices.Equal(s.Carried, want) {
		t.Errorf("carried are %v, want %v", s.Carried, want)
	}
	if conf := s.file(t, "ws/.cargo/config"); strings.Contains(conf, "alias") || !strings.Contains(conf, `default = 'a'`) {
		t.Errorf("the configuration is\n%s", conf)
	}
}

func TestConfigPatches(t *testing.T) {
	t.Parallel()
	files := tree{}
	for name, text := range plainTree {
		files["ws/"+name] = text
	}
	w := mustLoad(t, files.with(tree{
		"ws/.cargo/config.toml": "paths = [\"../over\"]\n[patch.crates-io]\nlibc = { path = \"../libc\", version = \"0.2\" }\n",
		"libc/Cargo.toml":       "[package]\nname = \"libc\"\nversion = \"0.2.100\"\n",
		"over/Cargo.toml":       "[package]\nname = \"over\"\nversion = \"1.0.0\"\n",
	}), "ws")
	s := mustSkeleton(t, w)
	if want := []string{"over"}; !slices.Equal(s.Real, want) {
		t.Errorf("real are %v, want %v", s.Real, want)
	}
	if text := s.file(t, "libc/Cargo.toml"); !strings.Contains(text, DummyVersion) {
		t.Errorf("libc is no dummy:\n%s", text)
	}
	if text := s.file(t, "ws/.cargo/config.toml"); strings.Contains(text, "version") {
		t.Errorf("the patch asks for a version:\n%s", text)
	}
}

func TestConfigRaisesBase(t *testing.T) {
	t.Parallel()
	files := tree{".cargo/config.toml": "[env]\nA = \"1\"\n", "libc/Cargo.toml": "[package]\nname = \"libc\"\nversion = \"0.2.100\"\n"}
	for name, text := range plainTree {
		files["ws/"+name] = text
	}
	files["ws/.cargo/config.toml"] = "[patch.crates-io]\nlibc = { path = \"../libc\" }\n"
	w, err := Load(files.fs(), "ws", "")
	if err != nil {
		t.Fatal(err)
	}
	if w.Base != "." || w.Dir != "ws" {
		t.Errorf("base %q, dir %q", w.Base, w.Dir)
	}
	mustSkeleton(t, w).file(t, ".cargo/config.toml")
}

func TestLinksAreNotFollowed(t *testing.T) {
	t.Parallel()
	dir, secret := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	write(t, secret, []byte("secret"), 0o600)
	plainTree.with(tree{
		".cargo/config.toml": "[env]\nA = { value = \"link\", relative = true }\nB = { value = \"dir/secret\", relative = true }\n",
	}).lay(t, dir)
	for name, target := range map[string]string{"link": secret, "dir": filepath.Dir(secret)} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	w, err := Load(os.DirFS(dir), ".", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range mustSkeleton(t, w).Files {
		if string(f.Data) == "secret" || !fs.ValidPath(f.Path) {
			t.Errorf("%s is in the skeleton", f.Path)
		}
	}
}
