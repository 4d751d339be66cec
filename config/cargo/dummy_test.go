package cargo

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestDummyTargets(t *testing.T) {
	t.Parallel()
	const devDep, aborts = "[dev-dependencies]\nx = \"1\"\n", "[profile.release]\npanic = \"abort\"\n"
	for name, test := range map[string]struct {
		manifest string
		files    []string
		// want are the dummy's files, tested whether they are tested.
		want   []string
		tested bool
	}{
		"library":            {files: []string{"src/lib.rs"}, want: []string{"lib"}, tested: true},
		"program":            {files: []string{"src/main.rs"}, want: []string{"lib"}, tested: true},
		"tests only":         {files: []string{"tests/a.rs"}, want: []string{"test"}, tested: true},
		"examples only":      {files: []string{"examples/a.rs"}, want: []string{"example"}},
		"nothing by itself":  {manifest: "[lib]\npath = \"l.rs\"\n", files: []string{"l.rs", "tests/a.rs"}, want: []string{"lib"}, tested: true},
		"nothing tested":     {manifest: "[lib]\ntest = false\nbench = false\n", files: []string{"src/lib.rs"}, want: []string{"lib"}},
		"programs untested":  {manifest: "[[bin]]\nname = \"p\"\ntest = false\nbench = false\n", files: []string{"src/main.rs"}, want: []string{"lib"}},
		"cdylib":             {manifest: "[lib]\ncrate-type = [\"cdylib\"]\n", files: []string{"src/lib.rs"}, want: []string{"lib"}, tested: true},
		"cdylib and program": {manifest: "[lib]\ncrate_type = [\"cdylib\"]\n", files: []string{"src/lib.rs", "src/bin/a.rs"}, want: []string{"bin", "lib"}, tested: true},
		"both and program":   {manifest: "[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n", files: []string{"src/bin/a/main.rs"}, want: []string{"lib"}, tested: true},
		"macro":              {manifest: "[lib]\nproc-macro = true\n", files: []string{"src/lib.rs"}, want: []string{"lib"}, tested: true},
		// Its unit tests are for the host: a test would have dev-dependencies for
		// the target, and in the dev profile those change debug information.
		"macro with unit tests": {manifest: "[lib]\nproc-macro = true\n" + devDep, files: []string{"src/lib.rs"}, want: []string{"lib"}, tested: true},
		"macro with tests":      {manifest: "[lib]\nproc-macro = true\n" + devDep, files: []string{"src/lib.rs", "tests/a.rs"}, want: []string{"lib", "test"}, tested: true},
		"macro with example":    {manifest: "[lib]\nproc-macro = true\n[dependencies]\nx = \"1\"\n", files: []string{"src/lib.rs", "examples/a.rs"}, want: []string{"example", "lib"}, tested: true},
		"untested example": {
			manifest: devDep + "[lib]\ntest = false\nbench = false\n", files: []string{"src/lib.rs", "examples/a.rs"}, want: []string{"example", "lib"},
		},
		"programs of tests that abort": {
			manifest: "[dependencies]\nx = \"1\"\n" + aborts, files: []string{"src/main.rs", "tests/a.rs"}, want: []string{"bin", "lib", "test"}, tested: true,
		},
		"build script":     {manifest: "[build-dependencies]\nx = \"1\"\n", files: []string{"src/lib.rs"}, want: []string{"build", "lib"}, tested: true},
		"target build dep": {manifest: "[target.'cfg(unix)'.build_dependencies]\nx = \"1\"\n", files: []string{"src/lib.rs"}, want: []string{"build", "lib"}, tested: true},
		"example":          {manifest: devDep, files: []string{"src/lib.rs", "examples/a.rs"}, want: []string{"lib"}, tested: true},
		"example that aborts": {
			manifest: devDep + aborts, files: []string{"src/lib.rs", "examples/a.rs"}, want: []string{"example", "lib"}, tested: true,
		},
	} {
		files := tree{"Cargo.lock": "version = 4\n", "Cargo.toml": "[package]\nname = \"p\"\nedition = \"2021\"\n" + test.manifest}
		for _, name := range test.files {
			files[name] = ""
		}
		s := mustSkeleton(t, mustLoad(t, files, "."))
		var got []string
		for _, f := range s.Files {
			if kind, ok := strings.CutPrefix(f.Path, DummyPrefix+"_"); ok {
				got = append(got, strings.TrimSuffix(kind, ".rs"))
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: dummies are %v, want %v", name, got, test.want)
		}
		if doc := s.file(t, "Cargo.toml"); strings.Contains(doc, "test = true") != test.tested {
			t.Errorf("%s: tested is not %v in\n%s", name, test.tested, doc)
		}
	}
}

// TestDummyOfArtifact has packages want programs of others: the dummies need
// one, and nobody may ask for it by its real name.
func TestDummyOfArtifact(t *testing.T) {
	t.Parallel()
	s := mustSkeleton(t, mustLoad(t, tree{
		"Cargo.lock":           "version = 4\n",
		"Cargo.toml":           "[workspace]\nmembers = [\"app\", \"tool\", \"other\"]\n",
		"app/Cargo.toml":       "[package]\nname = \"app\"\n[build-dependencies]\ntool = { path = \"../tool\", artifact = [\"bin:tool\", \"bin:more\", \"cdylib\"] }\nother = { path = \"../other\", artifact = \"staticlib\" }\n",
		"tool/Cargo.toml":      "[package]\nname = \"tool\"\n",
		"tool/src/main.rs":     "",
		"tool/src/bin/more.rs": "",
		"other/Cargo.toml":     "[package]\nname = \"other\"\n",
	}, "."))
	if doc := s.file(t, "app/Cargo.toml"); !strings.Contains(doc, "artifact = ['bin', 'cdylib']") {
		t.Errorf("artifacts have names in\n%s", doc)
	}
	if doc := s.file(t, "tool/Cargo.toml"); !strings.Contains(doc, "[[bin]]") {
		t.Errorf("the dummy has no program:\n%s", doc)
	}
	if doc := s.file(t, "other/Cargo.toml"); strings.Contains(doc, "[[bin]]") {
		t.Errorf("the dummy has a program:\n%s", doc)
	}
}

func TestDummyManifest(t *testing.T) {
	t.Parallel()
	s := mustSkeleton(t, mustLoad(t, virtualTree.with(tree{"app/Cargo.lock": "version = 4\n"}), "app"))
	doc, err := parseTOML("cli", []byte(s.file(t, "app/crates/cli/Cargo.toml")))
	if err != nil {
		t.Fatal(err)
	}
	delete(doc, "lib")
	want := table{
		"package": table{
			"name": "cli", "version": DummyVersion, "edition": "2021", "build": false,
			"autobins": false, "autotests": false, "autoexamples": false, "autobenches": false,
		},
		"features": table{"extra": []any{"core-lib/two", "dep:shared"}},
		"dependencies": table{
			"core-lib": table{"path": "../core", "default-features": true, "features": []any{"one", "two"}},
			"shared":   table{"path": "../../../shared", "optional": true},
			"renamed":  table{"package": "macros", "path": "../macros"},
		},
		"dev-dependencies": table{"ffi": table{"path": "../ffi"}},
		"target":           table{"cfg(unix)": table{"dependencies": table{"build-help": table{"path": "../build-help"}}}},
	}
	if !reflect.DeepEqual(doc, want) {
		t.Errorf("got  %v\nwant %v", doc, want)
	}
	root, err := parseTOML("root", []byte(s.file(t, "app/Cargo.toml")))
	if err != nil {
		t.Fatal(err)
	}
	want = table{
		"exclude": []any{"crates/nested"}, "resolver": "2",
		"members": []any{"crates/build-help", "crates/cli", "crates/core", "crates/ffi", "crates/macros", "deep/x/y", "examples"},
	}
	if !reflect.DeepEqual(root["workspace"], want) {
		t.Errorf("got  %v\nwant %v", root["workspace"], want)
	}
}

func TestRealPackages(t *testing.T) {
	t.Parallel()
	const lock = `version = 4
[[package]]
name = "app"
version = "0.1.0"
dependencies = ["outer", "solo"]
[[package]]
name = "below"
version = "0.5.5"
[[package]]
name = "inner"
version = "1.4.0"
dependencies = ["below"]
[[package]]
name = "outer"
version = "3.0.0"
source = "registry+x"
dependencies = ["inner"]
[[package]]
name = "solo"
version = "2.2.0"
`
	s := mustSkeleton(t, mustLoad(t, patchedTree.with(tree{"Cargo.lock": lock}), "."))
	if want := []string{"below", "inner", "vendor"}; !slices.Equal(s.Real, want) {
		t.Errorf("real are %v, want %v", s.Real, want)
	}
	for name, want := range map[string]string{
		"below/Cargo.toml":   "# stays as it is",
		"inner/Cargo.toml":   "version = '1.4.0'",
		"app/Cargo.toml":     "version = '=" + DummyVersion + "'",
		"solo/Cargo.toml":    DummyVersion,
		"Cargo.lock":         "name = \"inner\"\nversion = \"1.4.0\"",
		".cargo/config.toml": "directory = 'vendor'",
	} {
		if text := s.file(t, name); !strings.Contains(text, want) {
			t.Errorf("%s lacks %q:\n%s", name, want, text)
		}
	}
}

// BenchmarkSkeleton plans a workspace of 100 members and 300 crates.
func BenchmarkSkeleton(b *testing.B) {
	files := tree{"Cargo.toml": "[workspace]\nmembers = [\"m/*\"]\nresolver = \"2\"\n"}
	lock := strings.Builder{}
	lock.WriteString("version = 4\n")
	for i := range 300 {
		fmt.Fprintf(&lock, "\n[[package]]\nname = \"c%03d\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\nchecksum = \"00\"\n", i)
	}
	for i := range 100 {
		dir := fmt.Sprintf("m/m%03d/", i)
		var deps, locked strings.Builder
		for j := range 20 {
			fmt.Fprintf(&deps, "c%03d = { version = \"1\", features = [\"a\", \"b\"] }\n", (i*3+j)%300)
			fmt.Fprintf(&locked, " \"c%03d\",\n", (i*3+j)%300)
		}
		for j := range min(i, 5) {
			fmt.Fprintf(&deps, "m%03d = { path = \"../m%03d\", version = \"0.1\" }\n", j, j)
			fmt.Fprintf(&locked, " \"m%03d\",\n", j)
		}
		files[dir+"Cargo.toml"] = fmt.Sprintf("[package]\nname = \"m%03d\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n%s", i, deps.String())
		files[dir+"src/lib.rs"] = ""
		fmt.Fprintf(&lock, "\n[[package]]\nname = \"m%03d\"\nversion = \"0.1.0\"\ndependencies = [\n%s]\n", i, locked.String())
	}
	files["Cargo.lock"] = lock.String()
	fsys := files.fs()
	for b.Loop() {
		w, err := Load(fsys, ".", ".")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.Skeleton(); err != nil {
			b.Fatal(err)
		}
	}
}
