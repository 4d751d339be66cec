package cargo

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// TestLayers: what can be compiled apart, in which order, on what.
func TestLayers(t *testing.T) {
	t.Parallel()
	// The root is a package, too: it holds all others.
	tree := tree{"src/lib.rs": "", "Cargo.toml": "[package]\nname = \"root\"\nversion = \"1.0.0\"\n[workspace]\nmembers = [\"crates/*\"]\nresolver = \"2\"\n[workspace.package]\nversion = \"1.0.0\"\nedition = \"2021\"\n"}
	lock := "version = 4\n"
	pkg := func(name, rest string, files ...string) {
		dir := path.Join("crates", name)
		tree[path.Join(dir, "Cargo.toml")] = "[package]\nname = \"" + name + "\"\nversion.workspace = true\nedition.workspace = true\n" + rest
		for _, file := range append(files, "src/lib.rs") {
			tree[path.Join(dir, file)] = ""
		}
		lock += "\n[[package]]\nname = \"" + name + "\"\nversion = \"1.0.0\"\n"
	}
	on := func(table string, names ...string) string {
		for i, name := range names {
			names[i] = fmt.Sprintf("%s = { path = \"../%[1]s\" }\n", name)
		}
		return "[" + table + "]\n" + strings.Join(names, "")
	}
	pkg("base", "")
	pkg("app", on("dependencies", "middle")+on("dev-dependencies", "helper"))
	pkg("middle", on("target.'cfg(unix)'.dependencies", "base"))
	pkg("helper", on("build-dependencies", "base"))
	pkg("odd", on("dev-dependencies", "even"))
	pkg("even", on("dependencies", "odd", "base"))
	pkg("scripted", "[build-dependencies]\nmeta = { package = \"cargo_metadata\", version = \"1\" }\n", "build.rs")
	pkg("named", "build = \"make.rs\"\n[build-dependencies]\ncc = \"1\"\n", "make.rs")
	pkg("unscripted", "[build-dependencies]\nbuilt = \"1\"\n")
	pkg("without", "build = false\n", "build.rs")
	pkg("above-script", on("dependencies", "base", "scripted"))
	pkg("holds", "")
	tree["crates/holds/inner/Cargo.toml"] = "[package]\nname = \"inner\"\nversion = \"1.0.0\"\n"
	tree["crates/holds/inner/src/lib.rs"] = ""
	tree["Cargo.toml"] = strings.Replace(tree["Cargo.toml"], "crates/*\"", "crates/*\", \"crates/holds/inner\"", 1)
	tree["Cargo.lock"] = lock + "\n[[package]]\nname = \"inner\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"root\"\nversion = \"1.0.0\"\n"
	layers, err := mustLoad(t, tree, ".").Layers()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, l := range layers {
		line := l.Name + " (" + strings.Join(l.Dirs, " ") + ")"
		if len(l.Scripts) > 0 {
			line += " with scripts in " + strings.Join(l.Scripts, " ")
		}
		line += " on"
		real := slices.Clone(l.Dirs)
		for _, below := range l.Needs {
			line += " " + layers[below].Name
			real = append(real, layers[below].Dirs...)
			if below >= i {
				t.Errorf("%s needs %s, which comes later", l.Name, layers[below].Name)
			}
		}
		got = append(got, line)
		slices.Sort(real)
		if !slices.Equal(l.Skeleton.Real, real) {
			t.Errorf("%s: real are %q, want %q", l.Name, l.Skeleton.Real, real)
		}
	}
	want := `base (crates/base) on
inner (crates/holds/inner) on
named (crates/named) with scripts in crates/named on
unscripted (crates/unscripted) on
without (crates/without) on
helper (crates/helper) on base
middle (crates/middle) on base
even (crates/even crates/odd) on base
app (crates/app) on base helper middle`
	if strings.Join(got, "\n") != want {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), want)
	}
}
