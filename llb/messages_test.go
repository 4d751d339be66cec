package llb

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/cranekit/cranekit/config/cargo"
)

// everyTarget has a target of each kind, and libraries for other languages that
// are examples.
const everyTarget = `
-- Cargo.toml --
[workspace]
members = ["app", "ffi", "macros"]
resolver = "2"
-- app/Cargo.toml --
[package]
name = "app"
version = "0.1.0"
edition = "2021"
[dependencies]
macros = { path = "../macros" }
[[bench]]
name = "speed"
harness = false
[[example]]
name = "plugin"
crate-type = ["cdylib"]
-- app/build.rs --
fn main() {}
-- app/src/lib.rs --
-- app/src/main.rs --
fn main() {}
-- app/src/bin/other-one.rs --
fn main() {}
-- app/tests/cli.rs --
#[test]
fn runs() { let _ = env!("CARGO_BIN_EXE_other-one"); }
-- app/benches/speed.rs --
fn main() {}
-- app/examples/shown.rs --
fn main() {}
-- app/examples/plugin.rs --
-- ffi/Cargo.toml --
[package]
name = "ffi"
version = "0.1.0"
[lib]
crate-type = ["cdylib", "staticlib", "rlib"]
-- ffi/src/lib.rs --
-- macros/Cargo.toml --
[package]
name = "macros"
version = "0.1.0"
[lib]
proc-macro = true
-- macros/src/lib.rs --
`

// awks are those that images may have.
func awks(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, awk := range [][]string{{"mawk"}, {"gawk"}, {"original-awk"}, {"busybox", "awk"}} {
		if _, err := exec.LookPath(awk[0]); err == nil {
			found[awk[0]] = awk
		}
	}
	if len(found) == 0 {
		t.Fatal("there is no awk")
	}
	return found
}

// collect runs the script as a check does, and returns the names by their kind.
func collect(t *testing.T, awk []string, messages string) []string {
	t.Helper()
	args := slices.Concat(awk[1:], []string{"-v", "collect=1", "-f", "scripts/messages.awk"})
	cmd := exec.Command(awk[0], args...)
	cmd.Stdin = strings.NewReader(messages)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Compact(slices.Sorted(strings.Lines(string(out))))
}

// TestCollectRealMessages: with --all-targets, tests, benchmarks and examples
// do not come out as programs. They did, and were published.
func TestCollectRealMessages(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a, b] \"c\"")
	for _, f := range txtar.Parse([]byte(everyTarget)).Files {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "cargo", "build", "--offline", "--all-targets", "--message-format=json")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CARGO_TARGET_DIR="+filepath.Join(dir, "target"), "RUSTFLAGS=")
	messages, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, messages)
	}
	at := filepath.Join(dir, "target", "debug") + "/"
	want := []string{"bin " + at + "app\n", "bin " + at + "other-one\n", "lib " + at + "libffi.a\n", "lib " + at + "libffi.so\n"}
	for name, awk := range awks(t) {
		if got := collect(t, awk, string(messages)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	sameAsBinaries(t, string(messages))
}

// sameAsBinaries compares the script with the rule in Go.
func sameAsBinaries(t *testing.T, messages string) {
	t.Helper()
	m, err := cargo.ReadMessages(strings.NewReader(messages))
	if err != nil {
		t.Fatal(err)
	}
	for name, awk := range awks(t) {
		var got []string
		for _, line := range collect(t, awk, messages) {
			_, file, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			got = append(got, file)
		}
		slices.Sort(got)
		if want := m.Binaries(); !slices.Equal(slices.Compact(got), want) {
			t.Errorf("%s: %q, want %q for\n%s", name, got, want, messages)
		}
	}
}

// TestCollectIsBinaries compares all combinations of what a message can have.
func TestCollectIsBinaries(t *testing.T) {
	t.Parallel()
	var messages strings.Builder
	for _, id := range []string{"path+file:///src/a#0.1.0", "a 0.1.0 (path+file:///src/a)", "registry+https://example.org#a@0.1.0", "git+https://example.org/a?x=(path#a@1.0.0"} {
		for _, kind := range []string{`"bin"`, `"lib"`, `"cdylib","rlib"`, `"rlib","staticlib"`, `"dylib"`, `"proc-macro"`, `"test"`, `"bench"`, `"example"`, `"custom-build"`} {
			for _, test := range []string{"true", "false"} {
				for _, files := range []string{
					`"filenames":["/t/a"],"executable":"/t/a"`, `"filenames":["/t/deps/artifact/a-1/bin/b"],"executable":"/t/deps/artifact/a-1/bin/b"`,
					`"filenames":["/t/liba.so","/t/liba.rlib","/t/liba.rmeta","/t/liba.a"],"executable":null`,
					`"filenames":["/t/a.dll","/t/liba.dll.a","/t/a.wasm","/t/a.d"],"executable":null`,
					`"filenames":["/t/x,y/[z]/\"q\"\\/libä.so"],"executable":null`, `"filenames":[],"executable":null`,
				} {
					messages.WriteString(`{"reason":"compiler-artifact","package_id":"` + id + `","manifest_path":"/src/\"kind\":[\"bin\"]/Cargo.toml","target":{"kind":[` + kind +
						`],"crate_types":["bin","cdylib"],"name":"a","test":true},"profile":{"opt_level":"0","debuginfo":2,"test":` + test + `},"features":["\"bin\""],` + files + ",\"fresh\":false}\n")
				}
			}
		}
	}
	sameAsBinaries(t, messages.String())
}
