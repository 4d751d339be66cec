package cargo

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

func TestLoadFindsTheRoot(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{".", "", "/", "crates/app", "/crates/lib-a"} {
		w, err := Load(plainTree.fs(), dir, "")
		if err != nil {
			t.Fatal(err)
		}
		if w.Base != "." || w.Dir != "." || len(w.Packages) != 2 {
			t.Errorf("%q: base %q, dir %q, %d packages", dir, w.Base, w.Dir, len(w.Packages))
		}
	}
}

func TestBaseHoldsAllPackages(t *testing.T) {
	t.Parallel()
	lock := tree{"x/app/Cargo.lock": "version = 4\n"}
	for name, text := range virtualTree {
		lock["x/"+name] = text
	}
	w, err := Load(lock.fs(), "/x/app/crates/cli", "/x/app/crates")
	if err != nil {
		t.Fatal(err)
	}
	if w.Base != "x" || w.Dir != "app" {
		t.Errorf("base %q, dir %q", w.Base, w.Dir)
	}
	var dirs []string
	for _, p := range w.Packages {
		if !p.Member {
			dirs = append(dirs, p.Dir)
		}
	}
	if want := []string{"shared", "shared/leaf"}; !slices.Equal(dirs, want) {
		t.Errorf("packages beside the workspace are %v, want %v", dirs, want)
	}
}

func TestPackageTargets(t *testing.T) {
	t.Parallel()
	w := mustLoad(t, virtualTree.with(tree{"app/Cargo.lock": "version = 4\n"}), "app")
	for _, p := range w.Packages {
		var want Package
		switch p.Name {
		case "macros":
			want = Package{ProcMacro: true, Bins: []string{"macros"}}
		case "ffi":
			want = Package{Bins: []string{"a"}}
		case "cli":
			want = Package{Bins: []string{"cli"}}
		}
		if p.ProcMacro != want.ProcMacro || !slices.Equal(p.Bins, want.Bins) {
			t.Errorf("%s: got %v %v", p.Name, p.ProcMacro, p.Bins)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	const app, root = "crates/app/Cargo.toml", "Cargo.toml"
	for name, test := range map[string]struct {
		files tree
		dir   string
		want  string
	}{
		"no manifest":     {files: tree{}, want: "Cargo.toml: file does not exist in /."},
		"no lock":         {files: plainTree.with(tree{"Cargo.lock": gone}), want: "cargo generate-lockfile"},
		"bad toml":        {files: edit(t, app, "[features]", "[features"), want: "crates/app/Cargo.toml:5: "},
		"bad lock":        {files: plainTree.with(tree{"Cargo.lock": "version = 4\nx ="}), want: "Cargo.lock:2: "},
		"lock format":     {files: plainTree.with(tree{"Cargo.lock": "\nversion = 9\n"}), want: "Cargo.lock:2: lock format 9"},
		"path dependency": {files: edit(t, app, `"../lib-a"`, `"../lib-b"`), want: `crates/app/Cargo.toml:9: path dependency "lib-a" has no package in crates/lib-b/Cargo.toml`},
		"absolute path":   {files: edit(t, app, `"../lib-a"`, `"/lib-a"`), want: "crates/app/Cargo.toml:9: path \"/lib-a\" is absolute"},
		"escaping path":   {files: edit(t, app, `"../lib-a"`, `"../../../lib-a"`), want: "crates/app/Cargo.toml:9: path"},
		"patch":           {files: edit(t, root, `"crates/lib-a"`, `"crates/lib-b"`), want: "Cargo.toml:12: "},
		"member":          {files: edit(t, root, `"crates/*"`, `"crates/*", "x"`), want: `Cargo.toml:2: member "x" has no Cargo.toml`},
		"escaping member": {files: edit(t, root, `"crates/*"`, `"../*"`), want: "Cargo.toml:2: "},
		"bad pattern":     {files: edit(t, root, `"crates/*"`, `"crates/[*"`), want: "Cargo.toml:2: pattern"},
		"nested root":     {files: edit(t, app, "[features]", "[workspace]\n[features]"), want: "crates/app/Cargo.toml:5: a member cannot be"},
		"no name":         {files: edit(t, app, `name = "app"`, ""), want: "crates/app/Cargo.toml:1: package.name is missing"},
		"inherited dep":   {files: edit(t, root, `libc = "0.2"`, ""), want: "crates/app/Cargo.toml:8: workspace.dependencies.libc is not in Cargo.toml"},
		"inherited key":   {files: edit(t, root, `edition = "2021"`, ""), want: "crates/app/Cargo.toml:4: workspace.package.edition"},
		"config":          {files: plainTree.with(tree{".cargo/config.toml": "a = "}), want: ".cargo/config.toml:1: "},
		"pointer":         {files: tree{root: "[package]\nname = \"x\"\nworkspace = \"sub\"\n"}, want: "Cargo.toml:3: no workspace in sub/Cargo.toml"},
		"no workspace":    {files: tree{root: "[package]\nname = \"x\"\nedition.workspace = true\n"}, want: "Cargo.toml:3: `workspace = true` outside"},
	} {
		_, err := Load(test.files.fs(), ".", "")
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
	if _, err := Load(plainTree.with(tree{"Cargo.lock": gone}).fs(), ".", ""); !errors.Is(err, ErrNoLock) {
		t.Errorf("got %v, want ErrNoLock", err)
	}
	if _, err := Load(tree{}.fs(), "x", ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want ErrNotExist", err)
	}
}

func TestToolchain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		file, text, channel string
		targets             int
	}{
		{"rust-toolchain", "1.80.1\n", "1.80.1", 0},
		{"rust-toolchain", "[toolchain]\nchannel = \"nightly\"\n", "nightly", 0},
		{"rust-toolchain.toml", "[toolchain]\nchannel = \"stable\"\ntargets = [\"wasm32-wasip1\"]\n", "stable", 1},
	} {
		w := mustLoad(t, plainTree.with(tree{test.file: test.text}), ".")
		if w.Channel != test.channel || len(w.Targets) != test.targets {
			t.Errorf("%s: channel %q, targets %v", test.file, w.Channel, w.Targets)
		}
	}
}
