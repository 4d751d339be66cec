package cargo

// fixtures are workspaces without anything from a registry, or with a
// vendored one, so that cargo itself can judge them without a network.
var fixtures = map[string]struct {
	tree tree
	// dir is the workspace's directory.
	dir string
}{
	"virtual":  {tree: virtualTree, dir: "app"},
	"root":     {tree: rootTree, dir: "."},
	"single":   {tree: singleTree, dir: "main"},
	"excluded": {tree: excludedTree, dir: "."},
	"twins":    {tree: twinsTree, dir: "."},
	"patched":  {tree: patchedTree, dir: "."},
	"pointer":  {tree: pointerTree, dir: "ws"},
}

// virtualTree has a virtual root with packages of all kinds, and one outside
// that inherits from a workspace of its own.
var virtualTree = tree{
	"app/Cargo.toml": `
[workspace]
members = ["crates/*", "examples", "deep/*/y"]
exclude = ["crates/nested"]
resolver = "2"
[workspace.package]
version = "1.2.3"
edition = "2021"
authors = ["A <a@example.org>"]
[workspace.dependencies]
core-lib = { path = "crates/core", version = "1.2", default-features = false, features = ["one"] }
shared = { path = "../shared", version = "0.3" }
unused = "9"
[workspace.lints.rust]
unsafe_code = "forbid"
[profile.release]
lto = true
codegen-units = 1
[profile.release.package.core-lib]
opt-level = 1
`,
	"app/crates/core/Cargo.toml": `
[package]
name = "core-lib"
version.workspace = true
edition.workspace = true
authors.workspace = true
build = "tools/make.rs"
links = "corething"
[features]
default = ["one"]
one = []
two = ["one"]
[build_dependencies]
build-help = { path = "../build-help" }
[lints]
workspace = true
`,
	"app/crates/core/src/lib.rs":    "pub fn f() {}",
	"app/crates/core/tools/make.rs": "fn main() {}",
	"app/crates/build-help/Cargo.toml": `
[package]
name = "build-help"
version = "0.1.0"
`,
	"app/crates/build-help/src/lib.rs": "",
	"app/crates/cli/Cargo.toml": `
[package]
name = "cli"
version = "7.0.0-rc.1"
edition = "2021"
autobins = false
default-run = "cli"
[[bin]]
name = "cli"
path = "main.rs"
required-features = ["extra"]
[features]
extra = ["core-lib/two", "dep:shared"]
[dependencies]
core-lib = { workspace = true, default-features = true, features = ["two", "one"] }
shared = { workspace = true, optional = true }
renamed = { package = "macros", path = "../macros" }
[dev_dependencies]
ffi = { path = "../ffi", version = "0.1" }
[target.'cfg(unix)'.dependencies]
build-help = { path = "../build-help", version = "0.1.0" }
[package.metadata.x]
y = 1
`,
	"app/crates/cli/main.rs": "fn main() {}",
	"app/crates/macros/Cargo.toml": `
[package]
name = "macros"
version = "0.1.0"
edition = "2018"
[lib]
proc_macro = true
[dev-dependencies]
build-help = { path = "../build-help" }
`,
	"app/crates/macros/src/lib.rs":  "",
	"app/crates/macros/src/main.rs": "fn main() {}",
	"app/crates/ffi/Cargo.toml": `
[package]
name = "ffi"
version = "0.1.9"
edition = "2024"
[lib]
crate-type = ["cdylib", "staticlib"]
`,
	"app/crates/ffi/src/lib.rs":        "",
	"app/crates/ffi/src/bin/a/main.rs": "fn main() {}",
	"app/crates/nested/Cargo.toml":     "[workspace]\nmembers = [\"n\"]\n",
	"app/crates/empty/README":          "a directory that the pattern matches",
	"app/examples/Cargo.toml": `
[package]
name = "examples"
version = "0.0.0"
edition = "2021"
[[example]]
name = "one"
path = "one.rs"
[dev-dependencies]
core-lib.workspace = true
`,
	"app/examples/one.rs": "fn main() {}",
	"app/deep/x/y/Cargo.toml": `
[package]
name = "very_deep"
version = "0.1.0"
edition = "2021"
`,
	"app/deep/x/y/src/lib.rs": "",
	"shared/Cargo.toml": `
[workspace]
[workspace.package]
version = "0.3.4"
edition = "2018"
[package]
name = "shared"
version.workspace = true
edition.workspace = true
[dev-dependencies]
missing = { path = "nowhere" }
[dependencies]
leaf = { path = "leaf", version = "0.1" }
`,
	"shared/src/lib.rs": "",
	"shared/leaf/Cargo.toml": `
[package]
name = "leaf"
version = "0.1.1"
edition.workspace = true
`,
	"shared/leaf/src/lib.rs": "",
}

// rootTree has a root package, whose path dependencies below it are members
// without being listed.
var rootTree = tree{
	"Cargo.toml": `
cargo-features = []
[workspace]
default-members = ["."]
[project]
name = "top"
version = "0.1.0"
edition = "2021"
resolver = "2"
[workspace.dependencies]
top = { path = "" }
[dependencies]
implied = { path = "libs/implied" }
[profile.dev]
debug = 0
`,
	"src/main.rs":             "fn main() {}",
	"src/lib.rs":              "",
	"libs/implied/Cargo.toml": "[package]\nname = \"implied\"\nversion = \"0.2.0\"\nedition = \"2021\"\n[dependencies]\nmore = { path = \"../more\", version = \"1\" }\n[dev-dependencies]\ntop.workspace = true\n",
	"libs/implied/src/lib.rs": "",
	"libs/more/Cargo.toml":    "[package]\nname = \"more\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
	"libs/more/src/lib.rs":    "",
}

// singleTree is a package without a workspace: what it depends on is no member.
var singleTree = tree{
	"main/Cargo.toml":  "[package]\nname = \"main\"\nversion = \"0.0.1\"\nedition = \"2021\"\n[dependencies]\nside = { path = \"../side\" }\ninner = { path = \"inner\" }\n",
	"main/src/main.rs": "fn main() {}",
	"main/inner/Cargo.toml": "[package]\nname = \"inner\"\nversion = \"0.0.1\"\nedition = \"2021\"\n" +
		"[dev-dependencies]\nabsent = { path = \"../absent\" }\n[dependencies]\nmaybe = { path = \"../maybe\", optional = true }\n",
	"main/inner/src/lib.rs": "",
	"side/Cargo.toml":       "[package]\nname = \"side\"\nversion = \"0.0.1\"\n",
	"side/src/lib.rs":       "",
}

// excludedTree has an excluded package below a member, which a literal entry
// in members would include again.
var excludedTree = tree{
	"Cargo.toml":                 "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"crates/a/helper\", \"crates/old\"]\nresolver = \"3\"\n",
	"crates/old/Cargo.toml":      "no TOML",
	"crates/a/Cargo.toml":        "[package]\nname = \"a\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[dev-dependencies]\nhelper = { path = \"helper\" }\n",
	"crates/a/src/lib.rs":        "",
	"crates/a/helper/Cargo.toml": "[package]\nname = \"helper\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[dev-dependencies]\nz = { path = \"../../../z\" }\n",
	"crates/a/helper/src/lib.rs": "",
	"z/Cargo.toml":               "[package]\nname = \"z\"\nversion = \"1.0.0\"\nedition = \"2024\"\n",
	"z/src/lib.rs":               "",
}

// twinsTree has two local packages with one name.
var twinsTree = tree{
	"Cargo.toml":     "[workspace]\nmembers = [\"a\", \"old\"]\nexclude = [\"new\"]\nresolver = \"2\"\n",
	"a/Cargo.toml":   "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\ntwin = { path = \"../old\", version = \"1\" }\ntwin2 = { package = \"twin\", path = \"../new\", version = \"2\" }\n",
	"a/src/lib.rs":   "",
	"old/Cargo.toml": "[package]\nname = \"twin\"\nversion = \"1.5.0\"\nedition = \"2021\"\n",
	"old/src/lib.rs": "",
	"new/Cargo.toml": "[package]\nname = \"twin\"\nversion = \"2.0.0\"\nedition = \"2021\"\n",
	"new/src/lib.rs": "",
}

// patchedTree has a vendored registry. Its package outer is compiled against
// the local package inner, which [patch] puts in its place; a member asks for
// the local package solo by version only.
var patchedTree = tree{
	".cargo/config.toml": `
[source.crates-io]
replace-with = "vendored"
[source.vendored]
directory = "vendor"
[registries.private]
index = "sparse+https://crates.example.org/"
token = "secret"
[registry]
token = "secret"
[alias]
b = "build"
`,
	"vendor/outer/.cargo-checksum.json": `{"files":{},"package":"0000000000000000000000000000000000000000000000000000000000000000"}`,
	"vendor/outer/Cargo.toml":           "[package]\nname = \"outer\"\nversion = \"3.0.0\"\nedition = \"2021\"\n[dependencies]\ninner = \"1\"\n",
	"vendor/outer/src/lib.rs":           "pub fn f() -> i32 { inner::f() }",
	"Cargo.toml": `
[workspace]
members = ["app", "inner", "below"]
resolver = "2"
[workspace.package]
edition = "2021"
version = "1.4.0"
[patch.crates-io]
inner = { path = "inner", version = "1" }
solo = { path = "solo" }
idle = { path = "idle" }
`,
	"app/Cargo.toml":   "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nouter = \"3\"\nlate = { package = \"solo\", version = \"2.1\" }\n",
	"app/src/main.rs":  "fn main() {}",
	"inner/Cargo.toml": "[package]\nname = \"inner\"\nversion.workspace = true\nedition.workspace = true\n[dependencies]\nbelow = { path = \"../below\", version = \"0.5\" }\n",
	"inner/src/lib.rs": "//! Docs.\n/// One.\npub fn f() -> i32 { below::f() }",
	"below/Cargo.toml": "# stays as it is\n[package]\nname = \"below\"\nversion = \"0.5.5\"\nedition = \"2021\"\n",
	"below/src/lib.rs": "//! Docs.\n/// One.\npub fn f() -> i32 { 1 }",
	"solo/Cargo.toml":  "[package]\nname = \"solo\"\nversion = \"2.2.0\"\nedition.workspace = true\n",
	"solo/src/lib.rs":  "",
	"idle/Cargo.toml":  "[package]\nname = \"idle\"\nversion = \"2.2.0\"\nedition = \"2021\"\n",
	"idle/src/lib.rs":  "",
}

// pointerTree has a member that lies outside the root and points to it.
var pointerTree = tree{
	"ws/Cargo.toml":      "[workspace]\nmembers = [\"../far\"]\nresolver = \"2\"\n[workspace.package]\nversion = \"4.0.0\"\n",
	"far/Cargo.toml":     "[package]\nname = \"far\"\nversion.workspace = true\nworkspace = \"../ws\"\nedition = \"2021\"\n[dependencies]\nfarther = { path = \"../farther\" }\n",
	"far/src/lib.rs":     "",
	"farther/Cargo.toml": "[package]\nname = \"farther\"\nversion.workspace = true\nworkspace = \"../ws\"\nedition = \"2021\"\n",
	"farther/src/lib.rs": "",
}
