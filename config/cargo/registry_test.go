package cargo

import (
	"testing"
	"testing/fstest"
)

func TestRegistry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ root, workspace, want string }{
		"crates.io":           {"", "", "sparse+https://index.crates.io/"},
		"a mirror":            {"[source.crates-io]\nreplace-with = \"m\"\n[source.m]\nregistry = \"sparse+https://m.example/\"\n", "", "sparse+https://m.example/"},
		"a named registry":    {"[source.crates-io]\nreplace-with = \"m\"\n[registries.m]\nindex = \"https://m.example/index\"\n", "", "https://m.example/index"},
		"two levels":          {"[source.a]\nreplace-with = \"b\"\n[source.b]\nregistry = \"https://b.example\"\n", "[source.crates-io]\nreplace-with = \"a\"\n[source.a]\nregistry = \"https://a.example\"\n", "https://b.example"},
		"the nearest one":     {"[source.crates-io]\nreplace-with = \"a\"\n[source.a]\nregistry = \"https://a.example\"\n", "[source.a]\nregistry = \"https://near.example\"\n", "https://near.example"},
		"vendored":            {"", "[source.crates-io]\nreplace-with = \"v\"\n[source.v]\ndirectory = \"vendor\"\n", ""},
		"a loop, which fails": {"", "[source.crates-io]\nreplace-with = \"a\"\n[source.a]\nreplace-with = \"crates-io\"\n", "sparse+https://index.crates.io/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fsys := fstest.MapFS{
				"r/w/Cargo.toml": {Data: []byte("[workspace]\nmembers = [\"a\"]\n[workspace.package]\nrust-version = \"1.80\"\n")},
				"r/w/Cargo.lock": {Data: []byte("version = 4\n")}, "r/w/vendor/x": {},
				"r/w/a/Cargo.toml": {Data: []byte("[package]\nname = \"a\"\nversion = \"1.0.0\"\nrust-version.workspace = true\n[features]\nx = []\n")},
				"r/w/a/src/lib.rs": {},
			}
			for file, text := range map[string]string{"r/.cargo/config.toml": c.root, "r/w/.cargo/config.toml": c.workspace} {
				if text != "" {
					fsys[file] = &fstest.MapFile{Data: []byte(text)}
				}
			}
			ws, err := Load(fsys, "r/w", "r")
			if err != nil {
				t.Fatal(err)
			}
			if got := ws.Registry(); got != c.want {
				t.Errorf("registry %q, want %q", got, c.want)
			}
			if p := &ws.Packages[0]; p.RustVersion() != "1.80" || !p.HasFeatures() {
				t.Errorf("rust-version %q, features %v", p.RustVersion(), p.HasFeatures())
			}
		})
	}
}
