//go:build integration

package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/config/cargo"
)

// layered is a workspace of members with layers: app and more on util; one whose
// build script reads its own file, and those that the check has to compile, as
// their scripts read another file, do not say what they read, or write into the
// source.
func layered(t *testing.T) *workspace {
	w := unpack(t, "reruns")
	w.nonce += "-layers"
	lock := ""
	for _, m := range []struct{ name, manifest, lock, code string }{
		{"declared", "", "", "pub const DATA: &str = env!(\"DATA\");\n"},
		{
			"more", "[dependencies]\nutil = { path = \"../util\" }\n", "dependencies = [\n \"util\",\n]\n",
			"pub fn more() -> String {\n    util::text(1)\n}\n\n#[test]\nfn one() {\n    assert_eq!(more(), \"1\");\n}\n",
		},
		{
			"on-script", "[dependencies]\nscript = { path = \"../script\" }\n", "dependencies = [\n \"script\",\n]\n",
			"#[test]\nfn lines() {\n    assert_eq!(script::LINES, \"3\");\n}\n",
		},
		{"rewriter", "", "", "pub mod made;\n"},
		{"script", "", "", "pub const LINES: &str = env!(\"LINES\");\n"},
		{"silent", "", "", ""},
	} {
		w.write(t, "crates/"+m.name+"/Cargo.toml", "[package]\nname = \""+m.name+"\"\nversion.workspace = true\nedition.workspace = true\n\n"+m.manifest)
		w.write(t, "crates/"+m.name+"/src/lib.rs", m.code)
		lock += fmt.Sprintf("[[package]]\nname = %q\nversion = \"0.4.0\"\n%s\n", m.name, m.lock)
	}
	w.write(t, "crates/silent/build.rs", "fn main() {}\n")
	w.write(t, "crates/rewriter/build.rs", `fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    std::fs::write("src/made.rs", "pub const MADE: u8 = 1;\n").unwrap();
}
`)
	w.write(t, "crates/more/tests/tmp.rs", "#[test]\nfn tmp() {\n    assert!(std::path::Path::new(env!(\"CARGO_TARGET_TMPDIR\")).is_dir());\n}\n")
	w.write(t, "crates/declared/data", "one\n")
	w.write(t, "crates/declared/build.rs", `fn main() {
    println!("cargo:rerun-if-changed={}/data", std::env::var("CARGO_MANIFEST_DIR").unwrap());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=DATA={}", std::fs::read_to_string("data").unwrap().trim());
}
`)
	// A script that does without a file when it is not there.
	w.write(t, "VERSION", "1\n2\n3\n")
	w.write(t, "crates/script/build.rs", `fn main() {
    let text = std::fs::read_to_string("../../VERSION").unwrap_or_default();
    println!("cargo::rerun-if-changed=../../VERSION");
    println!("cargo::rustc-env=LINES={}", text.lines().count());
}
`)
	// Lints are part of what cargo calls the profile of a unit.
	w.write(t, "Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"2\"\n\n[workspace.package]\nversion = \"0.4.0\"\nedition = \"2021\"\n\n[workspace.lints.rust]\nunused = \"warn\"\n\n[workspace.lints.clippy]\npedantic = { level = \"warn\", priority = -1 }\nmust_use_candidate = \"allow\"\n")
	w.edit(t, "crates/util/Cargo.toml", "[dependencies]", "[lints]\nworkspace = true\n\n[dependencies]")
	w.edit(t, "Cargo.lock", "[[package]]\nname = \"util\"", lock+"[[package]]\nname = \"util\"")
	w.write(t, "crane.yaml", "common: {member-layers: true}\nchecks: {clippy: {args: --all-targets}, package: }\n")
	return w
}

// compiled are the local packages that a check compiled itself, sorted.
func (w *workspace) compiled(t *testing.T, check string) []string {
	t.Helper()
	file, err := os.Open(filepath.Join(w.dir, "result", check, "messages.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	messages, err := cargo.ReadMessages(file)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, u := range messages.Units {
		if u.Local && !u.Fresh && !slices.Contains(names, u.Name) {
			names = append(names, u.Name)
		}
	}
	slices.Sort(names)
	return names
}

// TestMemberLayers: an edit compiles what it touches, in the layers of the
// members or in the check, and the answers are those of the check alone.
func TestMemberLayers(t *testing.T) {
	w := layered(t)
	both := func(names ...string) []string {
		var all []string
		for _, check := range []string{"clippy", "package"} {
			for _, name := range names {
				all = append(all, check+" member "+name)
			}
			all = append(all, check)
		}
		slices.Sort(all)
		return all
	}
	// inChecks is what the checks themselves have to compile.
	inChecks := []string{"on-script", "rewriter", "script", "silent"}
	members := []string{"app", "declared", "more", "on-script", "rewriter", "script", "silent", "util"}
	o := w.check(t, "--deny-rebuild")
	o.wants(t, 0)
	if got, want := o.ran(), slices.Sorted(slices.Values(append(both(members...), "deps build", "deps check", "deps test", "fetch"))); !slices.Equal(got, want) {
		t.Errorf("executed %q, want %q", got, want)
	}
	tests := *o.row(t, "package").Metrics.TestsPassed
	for _, step := range []struct {
		what, file, from, to string
		ran                  []string
	}{
		{"a leaf", "crates/more/src/lib.rs", "util::text(1)", "util::text(1u32)", both("more")},
		{"below others", "crates/util/src/lib.rs", ".to_owned()", ".to_string()", both("app", "more", "util")},
		{"no member", "VERSION", "1\n", "0\n", both()},
		{"a build script", "crates/script/build.rs", "unwrap_or_default()", "unwrap_or(String::new())", both("on-script", "script")},
		{"what a script reads", "crates/declared/data", "one", "two", both("declared")},
		{"a version", "crates/more/Cargo.toml", "version.workspace = true", "version = \"0.4.1\"", both("more")},
	} {
		w.edit(t, step.file, step.from, step.to)
		if step.what == "a version" {
			w.edit(t, "Cargo.lock", "name = \"more\"\nversion = \"0.4.0\"", "name = \"more\"\nversion = \"0.4.1\"")
		}
		o := w.check(t, "--deny-rebuild")
		o.wants(t, 0)
		if got := o.ran(); !slices.Equal(got, step.ran) {
			t.Errorf("%s: executed %q, want %q", step.what, got, step.ran)
		}
		for _, check := range []string{"clippy", "package"} {
			if got := w.compiled(t, check); !slices.Equal(got, inChecks) {
				t.Errorf("%s: %s compiled %q, want %q", step.what, check, got, inChecks)
			}
		}
		if passed := *o.row(t, "package").Metrics.TestsPassed; passed != tests {
			t.Errorf("%s: %d tests passed, want %d", step.what, passed, tests)
		}
	}
}

// TestMemberLayersAreTrue: what a layer could not compile, or compiled with
// warnings, comes out as it does without layers.
func TestMemberLayersAreTrue(t *testing.T) {
	w := layered(t)
	w.check(t).wants(t, 0)
	for _, step := range []struct {
		what, file, text string
		code             int
		in               string
	}{
		{"a warning", "crates/util/src/lib.rs", "pub fn unused() {\n    let x = 1;\n}\n", 0, "unused variable: `x`"},
		{"a lint", "crates/util/src/lib.rs", "pub fn lint(v: &Vec<u8>) -> bool {\n    return v.len() == 0;\n}\n", 0, "unneeded `return` statement"},
		{"an error", "crates/more/src/lib.rs", "pub fn broken() -> u8 {\n    \"\"\n}\n", 1, "mismatched types"},
		{"a test", "crates/more/src/lib.rs", "#[test]\nfn red() {\n    panic!(\"seen\");\n}\n", 1, "seen"},
		{"a file of the repository", "crates/more/src/lib.rs", "pub const V: &str = include_str!(\"../../../VERSION\");\n", 0, ""},
		{"a file of a sibling", "crates/more/src/lib.rs", "pub const V: &str = include_str!(\"../../app/Cargo.toml\");\n", 0, ""},
	} {
		t.Run(step.what, func(t *testing.T) {
			before, err := os.ReadFile(filepath.Join(w.dir, step.file))
			if err != nil {
				t.Fatal(err)
			}
			defer w.write(t, step.file, string(before))
			w.write(t, step.file, string(before)+"\n"+step.text)
			with := w.check(t)
			with.wants(t, step.code)
			contains(t, with.stdout+with.stderr, step.in)
			without := w.check(t, "--set", "common.member-layers=false")
			without.wants(t, step.code)
			for _, check := range []string{"clippy", "package"} {
				a, b := with.row(t, check), without.row(t, check)
				if a.Status != b.Status || a.ExitCode != b.ExitCode || !reflect.DeepEqual(a.Metrics, b.Metrics) {
					t.Errorf("%s: with layers %s %d %s, without %s %d %s", check, a.Status, a.ExitCode, numbers(a), b.Status, b.ExitCode, numbers(b))
				}
			}
		})
	}
}

// TestMemberLayersTimeOut has a build script that hangs.
func TestMemberLayersTimeOut(t *testing.T) {
	w := layered(t)
	w.nonce += "-hangs"
	w.edit(t, "crates/declared/build.rs", "fn main() {", "fn main() {\n    std::thread::sleep(std::time::Duration::from_secs(3600));")
	w.write(t, "crane.yaml", "common: {member-layers: true, timeout: 8s}\nchecks: {clippy: }\n")
	o := w.check(t)
	o.wants(t, 1)
	if row := o.row(t, "clippy"); !row.Timeout {
		t.Errorf("the check is not timed out: %+v", row)
	}
}

// numbers renders the metrics of a check.
func numbers(c report.Check) string {
	text, err := json.Marshal(c.Metrics)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// TestMemberLayersFromCache: a machine that has nothing takes the layers that
// another one saved, and compiles what was edited.
func TestMemberLayersFromCache(t *testing.T) {
	h := serveRegistry(t, nil)
	w := layered(t)
	w.nonce += "-cache"
	w.write(t, "crane.yaml", "common: {member-layers: true}\nchecks: {package: }\ncache: [\""+h.repository()+"\"]\n")
	w.trust = "cache"
	w.state = newState(t)
	w.check(t).wants(t, 0)
	w.state = newState(t) // another machine
	w.edit(t, "crates/more/src/lib.rs", "util::text(1)", "util::text(1u32)")
	o := w.check(t, "--deny-rebuild")
	o.wants(t, 0)
	o.executed(t, "package", "package member more")
	w.state = newState(t) // and a third
	w.check(t).executed(t)
}
