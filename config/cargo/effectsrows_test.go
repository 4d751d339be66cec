package cargo

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// effectsTree has features of each form, on members, a package beside them, and
// crates of a vendored registry.
func effectsTree() tree {
	crate := func(files tree, name, manifest string) {
		files["vendor/"+name+"/Cargo.toml"] = "[package]\nname = \"" + name + "\"\nversion = \"1.0.0\"\nedition = \"2021\"\n" + manifest
		files["vendor/"+name+"/.cargo-checksum.json"] = `{"files":{},"package":"0000000000000000000000000000000000000000000000000000000000000000"}`
		files["vendor/"+name+"/src/lib.rs"] = ""
	}
	files := tree{
		".cargo/config.toml": "[source.crates-io]\nreplace-with = \"v\"\n[source.v]\ndirectory = \"vendor\"\n",
		"Cargo.toml":         "[workspace]\nmembers = [\"app\", \"lib\", \"bare\"]\nexclude = [\"side\", \"empty\"]\nresolver = \"2\"\n",
		"app/Cargo.toml": `[package]
name = "app"
version = "0.1.0"
edition = "2021"
[features]
default = ["on", "renamed/fast"]
on = []
off = ["on", "lib/quiet"]
quiet-weak = ["side?/quiet"]
same = ["renamed/fast"]
loud = ["lib/loud"]
loud-weak = ["side?/loud"]
loud-deep = ["loud"]
hidden = ["dep:empty"]
with-side = ["dep:side"]
through-side = ["side/quiet"]
idle = []
cli = []
[dependencies]
renamed = { package = "one", version = "1", default-features = false }
lib = { path = "../lib" }
side = { path = "../side", optional = true }
empty = { path = "../empty", optional = true }
three = { version = "1", optional = true }
[[bin]]
name = "app"
path = "src/main.rs"
[[bin]]
name = "cli"
path = "src/main.rs"
required-features = ["cli"]
`,
		"app/src/main.rs": "fn main() {}",
		"lib/Cargo.toml": `[package]
name = "lib"
version = "0.1.0"
edition = "2021"
[features]
default = ["std"]
std = []
quiet = []
loud = ["one/slow"]
[dependencies]
one = { version = "1", default-features = false }
`,
		"lib/src/lib.rs": "",
		"bare/Cargo.toml": `[package]
name = "bare"
version = "0.1.0"
edition = "2021"
[features]
default = ["two/a"]
[dependencies]
two = { version = "1", default-features = false }
`,
		"bare/src/lib.rs": "",
		"side/Cargo.toml": `[package]
name = "side"
version = "0.1.0"
edition = "2021"
[features]
quiet = []
loud = ["three/a"]
[dependencies]
three = { version = "1", default-features = false }
`,
		"side/src/lib.rs":  "",
		"empty/Cargo.toml": "[package]\nname = \"empty\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
		"empty/src/lib.rs": "",
	}
	crate(files, "one", "[features]\nfast = []\nslow = []\n")
	crate(files, "two", "[features]\na = []\n")
	crate(files, "three", "[features]\na = []\n")
	return files
}

// TestFeatureEffects has what is said of flags, and what cargo says.
func TestFeatureEffects(t *testing.T) {
	t.Parallel()
	src, dst := t.TempDir(), t.TempDir()
	effectsTree().lay(t, src)
	cargo(t, src, "generate-lockfile")
	w, err := Load(os.DirFS(src), ".", ".")
	if err != nil {
		t.Fatal(err)
	}
	mustSkeleton(t, w).layOver(t, src, dst)
	effects := w.FeatureEffects()
	for flags, want := range map[string]bool{
		"on": true, "off": true, "app/off": true, "on,std quiet": true, "lib/quiet": true, "lib/std": true, "default": true,
		"same": true, "quiet-weak": true, "side?/quiet": true, "loud-weak": true, "hidden": true, "idle": true,
		"loud": false, "loud-deep": false, "lib/loud": false, "with-side": false, "through-side": false, "side/quiet": false,
		"three": false, "renamed/slow": false, "--no-default-features": false, "--all-features": false,
		"--no-default-features default": true, "--no-default-features same,two/a": true, "--no-default-features same": false,
		"cli": true,
	} {
		t.Run(flags, func(t *testing.T) {
			t.Parallel()
			parsed := FeatureFlags{All: strings.Contains(flags, "--all"), NoDefault: strings.Contains(flags, "--no-def")}
			for word := range strings.FieldsSeq(flags) {
				if !strings.HasPrefix(word, "--") {
					parsed.Names = append(parsed.Names, word)
				}
			}
			same := true
			for _, command := range []string{"check --all-targets --workspace", "build --workspace", "test --no-run --workspace"} {
				words := strings.Fields(command)
				for _, dir := range []string{src, dst} {
					plain := thirdParty(t, dir, slices.Clone(words))
					same = same && maps.Equal(plain, thirdParty(t, dir, append(slices.Clone(words), parsed.words()...)))
				}
			}
			got := effects.SameDependencies(FeatureFlags{}, parsed)
			// Equal for cargo, but not for sure.
			unsure := flags == "cli" || flags == "loud-weak"
			if same != want && !unsure {
				t.Errorf("cargo compiles the same: %t, want %t", same, want)
			}
			if got != want && !unsure || unsure && got {
				t.Errorf("same: %t, want %t", got, want)
			}
		})
	}
}

// TestUncertainFeatures: what is not understood makes a difference.
func TestUncertainFeatures(t *testing.T) {
	t.Parallel()
	const app, lib = "app/Cargo.toml", "lib/Cargo.toml"
	for name, c := range map[string]struct {
		file, old, text string
		feature         string
	}{
		"unknown form":        {app, "idle = []", "idle = { enables = [] }", "idle"},
		"unknown values":      {app, "idle = []", "idle = [1]", "idle"},
		"artifact":            {app, `lib = { path = "../lib" }`, `lib = { path = "../lib", artifact = "bin" }`, "off"},
		"optional artifact":   {app, `empty = { path`, `empty = { artifact = "bin", path`, "hidden"},
		"required":            {app, `["cli"]`, `["idle"]`, "idle"},
		"required of another": {lib, "[dependencies]", "[[example]]\nname = \"e\"\nrequired-features = [\"quiet\"]\n[dependencies]", "off"},
		"compiled itself":     {"Cargo.toml", "[workspace]", "[patch.crates-io]\ntwo = { path = \"lib\" }\n[workspace]", "off"},
		"no such feature":     {app, "on = []", "on = []", "nothing"},
		"no such dependency":  {app, "on = []", "on = []", "nobody/nothing"},
		"circle":              {lib, "quiet = []", "around = [\"loud\", \"quiet\"]\nquiet = [\"around\"]", "off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := effectsTree()
			before := files[c.file]
			files[c.file] = strings.Replace(before, c.old, c.text, 1)
			files["Cargo.lock"] = "version = 4\n"
			if name == "compiled itself" {
				files["Cargo.lock"] += "[[package]]\nname = \"two\"\nversion = \"1.0.0\"\nsource = \"registry+https://example.org\"\ndependencies = [\"lib\"]\n[[package]]\nname = \"lib\"\nversion = \"0.1.0\"\n"
			}
			if !strings.Contains(before, c.old) {
				t.Fatalf("%s has no %q", c.file, c.old)
			}
			effects := mustLoad(t, files, ".").FeatureEffects()
			if effects.SameDependencies(FeatureFlags{}, FeatureFlags{Names: []string{c.feature}}) {
				t.Errorf("%s makes no difference", c.feature)
			}
		})
	}
}
