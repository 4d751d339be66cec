package verify

import (
	"io/fs"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

const tree = `
-- Cargo.toml --
[workspace]
members = ["app", "lib"]
resolver = "2"
[profile.lean]
inherits = "release"
-- .cargo/config.toml --
[profile.fast]
inherits = "dev"
-- Cargo.lock --
version = 4
[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "lib",
 "serde",
]
[[package]]
name = "lib"
version = "0.2.0"
dependencies = [
 "itoa",
]
[[package]]
name = "itoa"
version = "1.0.5"
source = "registry+https://github.com/rust-lang/crates.io-index"
[[package]]
name = "serde"
version = "1.0.219"
source = "registry+https://github.com/rust-lang/crates.io-index"
-- app/Cargo.toml --
[package]
name = "app"
version = "0.1.0"
[features]
tls = []
[dependencies]
lib = { path = "../lib" }
serde = { version = "1", optional = true }
-- app/src/lib.rs --
-- lib/Cargo.toml --
[package]
name = "lib"
version = "0.2.0"
[features]
loud = []
[dependencies]
itoa = "1.0"
-- lib/src/lib.rs --
`

func workspace(t *testing.T, archive string) *cargo.Workspace {
	t.Helper()
	files := fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data, Mode: fs.ModePerm}
	}
	ws, err := cargo.Load(files, ".", "")
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

func TestSettings(t *testing.T) {
	t.Parallel()
	ws := workspace(t, tree)
	for name, c := range map[string]struct {
		settings config.Settings
		want     string // "" for nothing
	}{
		"profiles":             {config.Settings{Profile: "lean"}, ""},
		"of the configuration": {config.Settings{Profile: "fast"}, ""},
		"of cargo":             {config.Settings{Profile: "bench"}, ""},
		"misspelt profile":     {config.Settings{Profile: "relase"}, `checks.c.profile: there is no profile "relase" (did you mean "release"?)`},
		"another profile":      {config.Settings{Profile: "production"}, "profiles are bench, dev, fast, lean, release, test"},
		"profile of variables": {config.Settings{Profile: "own", Env: map[string]string{"CARGO_PROFILE_OWN_INHERITS": "dev"}}, ""},
		"packages":             {config.Settings{Packages: []string{"app", "lib@0.2.0", "itoa", "l*", "path+file:///src/app", "serde:1.0.219"}}, ""},
		"misspelt package":     {config.Settings{Packages: []string{"ap"}}, `checks.c.packages: there is no package "ap" (did you mean "app"?)`},
		"another package":      {config.Settings{Packages: []string{"nope"}}, "members are app, lib"},
		"no match":             {config.Settings{Packages: []string{"x*"}}, `no member matches "x*"`},
		"features":             {config.Settings{Features: []string{"tls", "serde,loud", "lib/loud", "app/tls", "serde/derive", "serde?/rc", "default"}}, ""},
		"misspelt feature":     {config.Settings{Features: []string{"tlss"}}, `checks.c.features: no selected package has the feature "tlss" (did you mean "tls"?)`},
		"unselected":           {config.Settings{Features: []string{"loud"}, Packages: []string{"app"}}, `"loud"`},
		"excluded":             {config.Settings{Features: []string{"loud"}, Exclude: []string{"lib"}}, `"loud"`},
		"selected by pattern":  {config.Settings{Features: []string{"loud"}, Packages: []string{"l*"}}, ""},
		"of a package":         {config.Settings{Features: []string{"app/lous"}}, `"app/lous"`},
		"of no package":        {config.Settings{Features: []string{"serdee/derive"}}, `"serdee/derive"`},
	} {
		if c.settings.Profile == "" {
			c.settings.Profile = "dev"
		}
		var text []string
		for _, p := range Settings(&config.Config{}, ws, []config.Check{{Name: "c", Settings: c.settings}}) {
			text = append(text, p.String())
		}
		if got := strings.Join(text, "\n"); c.want == "" && got != "" || !strings.Contains(got, c.want) || len(text) > 1 {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	// The oldest resolver gives features to the root package, whatever is selected.
	old := workspace(t, strings.Replace(tree, "[workspace]\nmembers = [\"app\", \"lib\"]\nresolver = \"2\"", "[package]\nname = \"root\"\nversion = \"1.0.0\"\n[features]\nloud = []\n[workspace]\nmembers = [\"app\", \"lib\"]", 1)+"-- src/lib.rs --\n")
	if f := feature(old, config.Settings{Packages: []string{"app"}}, "loud"); f.Message != "" {
		t.Errorf("%+v", f)
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	const itoa, version = "itoa = \"1.0\"", "version = \"0.1.0\"\n[features]"
	for _, c := range []struct{ old, replacement, want string }{
		{"", "", ""},
		{version, "version = \"0.1.1\"\n[features]", "lacks app 0.1.1"},
		{itoa, itoa + "\nryu = \"1\"", "lacks ryu, which lib depends on"},
		{itoa, "itoa = \"2\"", "has itoa 1.0.5, and lib asks for 2"},
		{itoa, "itoa = \"1.0.6\"", "has itoa 1.0.5, and lib asks for 1.0.6"},
		{itoa, "itoa = \"^1.0.5\"", ""},
		{itoa, "itoa = \">=1, <3\"", ""},
		{itoa, "itoa = \"~1.0.5\"", ""},
		{itoa, "itoa = \"*\"", ""},
		{itoa, "renamed = { package = \"itoa\", version = \"1\" }", ""},
	} {
		var text []string
		for _, p := range Lock(workspace(t, strings.Replace(tree, c.old, c.replacement, 1))) {
			text = append(text, p.String())
		}
		got := strings.Join(text, "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) || c.want != "" && !strings.Contains(got, "cargo update --workspace") {
			t.Errorf("%s: %s, want %s", c.replacement, got, c.want)
		}
	}
}

// TestTargets compares with the compiler of this machine.
func TestTargets(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "rustc", "--print", "target-list").Output()
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Fields(targets)
	for target := range strings.FieldsSeq(string(out)) {
		if !slices.Contains(known, target) {
			t.Errorf("%s is not listed", target)
		}
	}
	for target, want := range map[string][2]string{
		"x86_64-unknown-linux-musl": {"", ""}, "targets/own.json": {"", ""},
		"x86_64-unknown-linux-mussl": {"x86_64-unknown-linux-musl", "certain"}, "foo-bar": {"foo-bar", "certain"},
	} {
		f, certain := Target(config.Settings{Target: target}, "1.90.0")
		if (f.Message == "") != (want[0] == "") || !strings.Contains(f.Message+f.Hint, want[0]) || certain != (want[1] != "") {
			t.Errorf("%s: %+v, certain %v", target, f, certain)
		}
		for _, version := range []string{"", "1.84.0", "1.97.0", "1.100.0"} {
			if _, certain := Target(config.Settings{Target: target}, version); certain {
				t.Errorf("%s is refused for the Rust %q", target, version)
			}
		}
	}
	if f, _ := Target(config.Settings{Target: "own", Env: map[string]string{"RUST_TARGET_PATH": "targets"}}, "1.90.0"); f.Message != "" {
		t.Errorf("%+v", f)
	}
}
