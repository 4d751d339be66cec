//go:build integration

package integration

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestReruns is the table of what runs again after which change, on the facts
// that the builder itself reports.
func TestReruns(t *testing.T) {
	w := unpack(t, "reruns")
	// Other tests use this workspace too: it has to be new to the builder.
	w.nonce += "-reruns"
	checks := []string{"clippy", "package", "tarpaulin"}
	deps := []string{"deps build", "deps check", "deps test", "fetch"}
	first := w.check(t)
	first.wants(t, 0)
	// The tool and its crates may be there from an earlier run of the tests.
	if got := slices.DeleteFunc(first.ran(), func(name string) bool { return strings.HasSuffix(name, " cargo-tarpaulin") }); !slices.Equal(got, slices.Concat(checks[:1], deps, checks[1:])) {
		t.Fatalf("first run executed %q", got)
	}
	first.noRebuilds(t)

	const pinned = `version = "1.0.14"` + "\n" + `source = "registry+https://github.com/rust-lang/crates.io-index"` + "\n" +
		`checksum = "d75a2a4b1b190afb6f5425f10f6a8f959d2ea0b9c2b1d79553551850539e4674"`
	const bumped = `version = "1.0.15"` + "\n" + `source = "registry+https://github.com/rust-lang/crates.io-index"` + "\n" +
		`checksum = "4a5f13b858c8d314ee3e8f639011f7ccefe71f97f96e50151fb991f267928e2c"`
	for _, row := range []struct {
		name   string
		change func(t *testing.T)
		args   []string
		want   []string
	}{
		{name: "nothing"},
		{name: "clippy's arguments", args: []string{"--set", "checks.clippy.args=--all-targets"}, want: checks[:1]},
		{name: "clippy's arguments in crane.yaml", change: func(t *testing.T) {
			w.write(t, "crane.yaml", "checks: {clippy: {args: --all-targets -- --warn clippy::pedantic}, package: , tarpaulin: }\n")
		}, want: checks[:1]},
		{name: "a comment in crane.yaml", change: func(t *testing.T) {
			w.edit(t, "crane.yaml", "checks", "# As it was.\nchecks")
		}},
		{name: "no crane.yaml again", change: func(t *testing.T) {
			if err := os.Remove(filepath.Join(w.dir, "crane.yaml")); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "fail-under", args: []string{"--set", "checks.tarpaulin.fail-under=10"}, want: checks[2:]},
		{name: "output formats", args: []string{"--set", "checks.tarpaulin.out=Lcov"}, want: checks[2:]},
		{name: "a line of source", change: func(t *testing.T) {
			w.edit(t, "crates/util/src/lib.rs", "120", "121")
		}, want: checks},
		{name: "version, description and lints of a member, a comment and key order", change: func(t *testing.T) {
			w.write(t, "crates/app/Cargo.toml", `# A comment.
[package]
edition.workspace = true
name = "app"
version = "0.5.0"
description = "Prints one number"
authors = ["Somebody"]

[lints.rust]
unused = "warn"

[dependencies]
libc = "0.2"
util = { version = "0.4", path = "../util" }
`)
			w.edit(t, "Cargo.lock", "name = \"app\"\nversion = \"0.4.0\"", "name = \"app\"\nversion = \"0.5.0\"")
		}, want: checks},
		{name: "a new test and a new example", change: func(t *testing.T) {
			w.write(t, "crates/util/tests/more.rs", "#[test]\nfn more() {\n    assert_eq!(util::text(1), \"1\");\n}\n")
			w.write(t, "crates/app/examples/hello.rs", "fn main() {\n    println!(\"hello\");\n}\n")
		}, want: checks},
		{name: "a dependency bumped in the lock", change: func(t *testing.T) {
			w.edit(t, "Cargo.lock", pinned, bumped)
		}, want: slices.Concat(checks[:1], deps, checks[1:])},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.change != nil {
				row.change(t)
			}
			o := w.check(t, row.args...)
			o.wants(t, 0)
			o.noRebuilds(t)
			if got := o.ran(); !slices.Equal(got, row.want) {
				t.Errorf("executed %q, want %q", got, row.want)
			}
		})
	}
}

// TestLateCheck has green checks come to their turn while another one runs on
// the same source: that they are green is known all the same, and the files
// that the builder has are not sent again.
func TestLateCheck(t *testing.T) {
	w := unpack(t, "reruns")
	w.write(t, "crane.yaml", "jobs: 2\nchecks:\n  a: {kind: custom, run: [\"true\"]}\n  b: {kind: custom, run: [\"true\"]}\n"+
		"  c: {kind: custom, run: [\"true\"]}\n  d: {kind: custom, run: [\"true\"]}\n  slow: {kind: custom, run: [\"sleep 0\"]}\n")
	blob := make([]byte, 3<<20)
	if _, err := rand.Read(blob); err != nil {
		t.Fatal(err)
	}
	w.write(t, "blob", string(blob))
	first := w.check(t)
	first.wants(t, 0)
	contains(t, first.stderr, "transferring source: 3.15MB")
	for _, seconds := range []string{"1", "2", "3"} {
		w.edit(t, "crates/util/src/lib.rs", "fn", "fn") // a new time, nothing else
		o := w.check(t, "--set", "checks.slow.run=sleep "+seconds)
		o.wants(t, 0)
		if got := o.ran(); !slices.Equal(got, []string{"slow"}) {
			t.Errorf("executed %q, want slow only", got)
		}
		if strings.Contains(o.stderr, "transferring source: 3.15MB") {
			t.Errorf("all files were sent again\n%s", o.stderr)
		}
	}
}
