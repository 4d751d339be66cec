package cargo_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/config/repofs"
)

// boundFiles are a repository in repo and what is beside it.
func boundFiles(more map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range map[string]string{
		"repo/Cargo.toml": "[package]\nname = \"app\"\nversion = \"1.0.0\"\n", "repo/src/lib.rs": "",
		"repo/Cargo.lock":    "version = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n",
		"beside/Cargo.toml":  "[package]\nname = \"beside\"\nversion = \"1.0.0\"\n[workspace]\n",
		"beside/src/lib.rs":  "",
		"beside/config.toml": "",
	} {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	for name, text := range more {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

const boundHead = "[package]\nname = \"app\"\nversion = \"1.0.0\"\n"

// TestLoadWithin wants each path that leads out of the repository to be an
// error with its line, unless there is no bound.
func TestLoadWithin(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, text, want string }{
		"dependency":            {"Cargo.toml", boundHead + "[dependencies]\nbeside = {path = \"../beside\"}\n", "Cargo.toml:5: path \"../beside\" leads out of the repository; allow it with --trust paths"},
		"dev dependency":        {"Cargo.toml", boundHead + "[dev-dependencies.beside]\npath = \"../beside\"\n", "Cargo.toml:4: path"},
		"target's dependency":   {"Cargo.toml", boundHead + "[target.'cfg(unix)'.dependencies]\nbeside.path = \"../beside\"\n", "Cargo.toml:5: path"},
		"inherited":             {"Cargo.toml", boundHead + "[workspace.dependencies]\nbeside = {path = \"../beside\"}\n[dependencies]\nbeside.workspace = true\n", "path \"../beside\" leads out"},
		"member":                {"Cargo.toml", boundHead + "[workspace]\nmembers = [\"../beside\"]\n", "Cargo.toml:5: path"},
		"members":               {"Cargo.toml", boundHead + "[workspace]\nmembers = [\"../*\"]\n", "Cargo.toml:5: path"},
		"patch":                 {"Cargo.toml", boundHead + "[patch.crates-io]\nbeside = {path = \"../beside\"}\n", "Cargo.toml:5: path"},
		"replace":               {"Cargo.toml", boundHead + "[replace]\n\"beside:1.0.0\" = {path = \"../beside\"}\n", "Cargo.toml:5: path"},
		"workspace":             {"Cargo.toml", boundHead + "workspace = \"../beside\"\n", "Cargo.toml:4: package.workspace leads out"},
		"library":               {"Cargo.toml", boundHead + "[lib]\npath = \"../beside/src/lib.rs\"\n", "Cargo.toml:5: path"},
		"binary":                {"Cargo.toml", boundHead + "[[bin]]\nname = \"b\"\npath = \"../beside/src/lib.rs\"\n", "path \"../beside/src/lib.rs\" leads out"},
		"build script":          {"Cargo.toml", boundHead + "build = \"../beside/src/lib.rs\"\n", "Cargo.toml:4: path"},
		"configured path":       {".cargo/config.toml", "paths = [\"../beside\"]\n", ".cargo/config.toml:1: path"},
		"configured patch":      {".cargo/config.toml", "[patch.crates-io]\nbeside = {path = \"../beside\"}\n", ".cargo/config.toml:2: path"},
		"directory of a source": {".cargo/config.toml", "[source.vendored]\ndirectory = \"../beside\"\n", ".cargo/config.toml:2: path"},
		"include":               {".cargo/config.toml", "include = \"../../beside/config.toml\"\n", ".cargo/config.toml:1: include"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fsys := boundFiles(map[string]string{"repo/" + c.file: c.text})
			_, err := cargo.LoadWithin(fsys, "repo", "repo", "repo")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
			if _, err := cargo.Load(fsys, "repo", "repo"); err != nil && strings.Contains(err.Error(), "--trust") {
				t.Errorf("trusted: %v", err)
			}
		})
	}
}

// TestLoadWithinStops wants a workspace above the repository to be none of it.
func TestLoadWithinStops(t *testing.T) {
	t.Parallel()
	fsys := boundFiles(map[string]string{"Cargo.toml": "[workspace]\nmembers = [\"repo\"]\n", "rust-toolchain": "nightly"})
	ws, err := cargo.LoadWithin(fsys, "repo", "repo", "repo")
	if err != nil || ws.Base != "repo" || ws.Dir != "." || ws.Channel != "" {
		t.Errorf("workspace %+v (%v)", ws, err)
	}
}

// TestLinksOut has directories that are links out of the repository.
func TestLinksOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ link, manifest, want string }{
		"member":             {"m", boundHead + "[workspace]\nmembers = [\"m\"]\n", "Cargo.toml:5: "},
		"members":            {"crates/m", boundHead + "[workspace]\nmembers = [\"crates/*\"]\n", "Cargo.toml:5: "},
		"directory of them":  {"crates", boundHead + "[workspace]\nmembers = [\"crates/*\"]\n", "Cargo.toml:5: "},
		"dependency":         {"m", boundHead + "[dependencies]\nbeside = {path = \"m\"}\n", "Cargo.toml:5: "},
		"cargo's directory":  {".cargo", boundHead, ".cargo/config"},
		"lock":               {"Cargo.lock", boundHead, "Cargo.lock"},
		"file of toolchains": {"rust-toolchain.toml", boundHead, "rust-toolchain.toml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(top, boundFiles(map[string]string{"repo/Cargo.toml": c.manifest})); err != nil {
				t.Fatal(err)
			}
			at := filepath.Join(top, "repo", c.link)
			if err := errors.Join(os.RemoveAll(at), os.MkdirAll(filepath.Dir(at), 0o755), os.Symlink(filepath.Join(top, "beside"), at)); err != nil {
				t.Fatal(err)
			}
			dir := repofs.Name(filepath.Join(top, "repo"))
			fsys, err := repofs.Open(t.Context(), filepath.Join(top, "repo"), false)
			if err != nil {
				t.Fatal(err)
			}
			defer fsys.Close()
			_, err = cargo.LoadWithin(fsys, dir, dir, dir)
			if !errors.Is(err, repofs.ErrEscapes) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
		})
	}
}

// TestManyKeys has files that the decoder would take minutes for.
func TestManyKeys(t *testing.T) {
	t.Parallel()
	many := func(head, format string, n int) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	const lock = "version = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n"
	for name, c := range map[string]struct{ file, text, want string }{
		"keys":        {"Cargo.toml", many(boundHead+"[dependencies]\n", "k%d=\"1\"\n", 500_000), "too many keys"},
		"tables":      {"Cargo.toml", many(boundHead, "[dependencies.k%d]\nversion=\"1\"\n", 200_000), "too many keys"},
		"inline":      {"Cargo.toml", many(boundHead+"metadata={", "k%d=1,", 300_000) + "z=1}\n", "too many keys"},
		"dotted":      {"Cargo.toml", many(boundHead, "metadata.k%d.x=1\n", 300_000), "too many keys"},
		"lists":       {"Cargo.toml", many(boundHead, "[[bin]]\nname=\"b%d\"\n[[test]]\n", 200_000), "too many keys"},
		"long":        {"Cargo.toml", boundHead + "#" + strings.Repeat("x", repofs.MaxFile), "larger than"},
		"names":       {"Cargo.lock", many(lock, "[[package]]\nname=\"a\"\nversion=\"%d.0.0\"\n", 50_000), "more than 100 packages called a"},
		"features":    {"Cargo.toml", many(boundHead+"[features]\n", "f%d=[]\n", 5000), ""},
		"a long lock": {"Cargo.lock", many(lock, "[[package]]\nname=\"a%[1]d\"\nversion=\"1.0.0\"\nsource=\"x\"\nchecksum=\"y\"\ndependencies=[\"a%[1]d\"]\n", 50_000), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			sub, err := fs.Sub(boundFiles(map[string]string{"repo/" + c.file: c.text}), "repo")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(dir, sub); err != nil {
				t.Fatal(err)
			}
			fsys, err := repofs.Open(t.Context(), dir, false)
			if err != nil {
				t.Fatal(err)
			}
			defer fsys.Close()
			began := time.Now()
			_, err = cargo.LoadWithin(fsys, repofs.Name(dir), "", repofs.Name(dir))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("it took %s", took)
			}
		})
	}
}
