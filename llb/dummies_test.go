package llb

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// layOut writes the files of an archive below a new directory.
func layOut(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		writeFile(t, filepath.Join(dir, f.Name), f.Data)
	}
	return dir
}

func writeFile(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// scriptsDir has the scripts as vertices have them.
func scriptsDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	entries, err := fs.ReadDir(scripts, "scripts")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		data, err := fs.ReadFile(scripts, "scripts/"+entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, entry.Name()), data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// firmware has members that are linked with a script which the build script of
// one of them makes, as firmware is.
const firmware = `
-- Cargo.toml --
[workspace]
members = ["fw", "ffi", "macros", "guest"]
resolver = "2"
-- .cargo/config.toml --
[target.'cfg(target_os = "linux")']
rustflags = ["-C", "link-arg=-Wl,-Tlayout.x"]
[build]
target = "x86_64-unknown-linux-gnu"
-- Cargo.lock --
version = 4

[[package]]
name = "ffi"
version = "0.1.0"
dependencies = [
 "macros",
]

[[package]]
name = "fw"
version = "0.1.0"
dependencies = [
 "ffi",
 "macros",
]

[[package]]
name = "guest"
version = "0.2.0"

[[package]]
name = "macros"
version = "0.1.0"
-- fw/Cargo.toml --
[package]
name = "fw"
version = "0.1.0"
edition = "2021"
[dependencies]
ffi = { path = "../ffi" }
[build-dependencies]
macros = { path = "../macros" }
-- fw/build.rs --
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::copy("layout.x", format!("{out}/layout.x")).unwrap();
    println!("cargo:rustc-link-search={out}");
    println!("cargo:rerun-if-changed=layout.x");
}
-- fw/layout.x --
SECTIONS { .fw_banner : { KEEP(*(.fw_banner)) } } INSERT AFTER .rodata;
-- fw/src/main.rs --
fn main() { println!("{}", ffi::five()); }
#[test]
fn runs() { assert_eq!(ffi::five(), 5); }
-- fw/tests/cli.rs --
#[test]
fn cli() {}
-- guest/Cargo.toml --
[package]
name = "guest"
version = "0.2.0"
[lib]
crate-type = ["cdylib"]
-- guest/src/lib.rs --
-- ffi/Cargo.toml --
[package]
name = "ffi"
version = "0.1.0"
edition = "2021"
[lib]
crate-type = ["staticlib", "rlib"]
[dependencies]
macros = { path = "../macros" }
-- ffi/src/lib.rs --
pub fn five() -> u8 { macros::five!() }
-- macros/Cargo.toml --
[package]
name = "macros"
version = "0.1.0"
[lib]
proc-macro = true
-- macros/src/lib.rs --
extern crate proc_macro;
#[proc_macro]
pub fn five(_: proc_macro::TokenStream) -> proc_macro::TokenStream { "5".parse().unwrap() }
`

// TestDummiesAreNotLinked: stages compile where what is linked needs a file that
// only a member has. They failed, so that package and custom could not run.
func TestDummiesAreNotLinked(t *testing.T) {
	t.Parallel()
	source := layOut(t, firmware)
	ws, err := cargo.Load(os.DirFS(source), ".", "")
	if err != nil {
		t.Fatal(err)
	}
	skeleton, err := ws.Skeleton()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range skeleton.Files {
		writeFile(t, filepath.Join(dir, f.Path), f.Data)
	}
	target := t.TempDir()
	script := filepath.Join(scriptsDir(t), "deps.sh")
	env := append(os.Environ(), "CARGO_TARGET_DIR="+target, "CARGO_NET_OFFLINE=true", "CARGO_INCREMENTAL=0")
	for _, st := range []stage{stageCheck, stageBuild, stageTest} {
		args := append([]string{script}, st.command(scopeFlags(config.Settings{}))...)
		cmd := exec.CommandContext(t.Context(), "sh", append(args, "--locked", "--profile", "dev")...)
		cmd.Dir, cmd.Env = dir, env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", st, err, out)
		}
	}
	err = filepath.WalkDir(target, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && strings.Contains(path, cargo.DummyPrefix) {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	real := exec.CommandContext(t.Context(), "cargo", "build", "--locked", "-p", "fw")
	real.Dir, real.Env = source, env
	if out, err := real.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(target, "x86_64-unknown-linux-gnu/debug/fw")).Output()
	if err != nil || string(out) != "5\n" {
		t.Errorf("printed %q (%v)", out, err)
	}
}
