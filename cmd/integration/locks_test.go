//go:build integration

package integration

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Entries of a lock before and after an update.
const (
	oldItoa   = `"1.0.14"` + "\n" + `source = "registry+https://github.com/rust-lang/crates.io-index"` + "\n" + `checksum = "d75a2a4b1b190afb6f5425f10f6a8f959d2ea0b9c2b1d79553551850539e4674"`
	newItoa   = `"1.0.15"` + "\n" + `source = "registry+https://github.com/rust-lang/crates.io-index"` + "\n" + `checksum = "4a5f13b858c8d314ee3e8f639011f7ccefe71f97f96e50151fb991f267928e2c"`
	oldMemchr = `"2.7.4"` + "\n" + `source = "registry+https://github.com/rust-lang/crates.io-index"` + "\n" + `checksum = "78ca9ab1a0babb1e7d5695e3530886289c18cf2f87ec19a575a0abdce112e3a3"`
	newMemchr = `"2.7.5"` + "\n" + `source = "registry+https://github.com/rust-lang/crates.io-index"` + "\n" + `checksum = "32a282da65faaf38286cf3be983213fcf1d2e2a58700e808f83f4ea9a4804bc0"`
	fnv       = `[[package]]` + "\n" + `name = "fnv"` + "\n" + `version = "1.0.7"` + "\n" + `source = "registry+https://github.com/rust-lang/crates.io-index"` + "\n" + `checksum = "3f9eec918d3f24069decb9af1554cad7c880e2da24a9afd88aca000531ab82c1"` + "\n\n"
)

// TestLocks: a stage that must run starts from what an earlier one left, and
// gives the units and programs of a run from nothing.
func TestLocks(t *testing.T) {
	w := unpack(t, "locks")
	w.nonce += "-locks"
	w.repository(t)
	first := w.check(t)
	first.wants(t, 0)
	if got := first.compiled(); len(got) > 0 {
		t.Fatalf("the first run started from %v", got)
	}
	for i, row := range []struct {
		name   string
		change func(t *testing.T)
		args   []string
		// want are the units that stages compile, nil where they start from nothing.
		want map[string]int
		// alone says that the row is compared with a run from nothing.
		alone bool
	}{
		{
			name: "a leaf", change: func(t *testing.T) { w.edit(t, "Cargo.lock", oldItoa, newItoa) },
			want: map[string]int{"deps check": 1, "deps build": 1},
		},
		{
			name: "a crate in the middle", change: func(t *testing.T) { w.edit(t, "Cargo.lock", oldMemchr, newMemchr) },
			want: map[string]int{"deps check": 2, "deps build": 2}, alone: true,
		},
		{name: "a new one", change: func(t *testing.T) {
			w.edit(t, "app/Cargo.toml", `anyhow = "1"`, `anyhow = "1"`+"\n"+`fnv = "1"`)
			w.edit(t, "Cargo.lock", ` "anyhow",`, ` "anyhow",`+"\n"+` "fnv",`)
			w.edit(t, "Cargo.lock", `[[package]]`+"\n"+`name = "itoa"`, fnv+`[[package]]`+"\n"+`name = "itoa"`)
		}, want: map[string]int{"deps check": 1, "deps build": 1}},
		{name: "other features", change: func(t *testing.T) {
			w.edit(t, "app/Cargo.toml", `aho-corasick = "1"`, `aho-corasick = { version = "1", default-features = false, features = ["std"] }`)
		}, want: map[string]int{"deps check": 1, "deps build": 1}},
		{name: "a removed one, and a dependency of another member", change: func(t *testing.T) {
			w.edit(t, "app/Cargo.toml", "\n"+`fnv = "1"`, "")
			w.edit(t, "Cargo.lock", "\n"+` "fnv",`, "")
			w.edit(t, "Cargo.lock", fnv, "")
			w.edit(t, "util/Cargo.toml", `paste = "1"`, `paste = "1"`+"\n"+`anyhow = "1"`)
			w.edit(t, "Cargo.lock", `dependencies = [`+"\n"+` "itoa",`, `dependencies = [`+"\n"+` "anyhow",`+"\n"+` "itoa",`)
		}, want: map[string]int{"deps check": 0, "deps build": 0}, alone: true},
		{name: "another profile", args: []string{"--set", "common.profile=release"}},
		{name: "other flags of the compiler", args: []string{"--set", "common.rustflags=--cfg other"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.change != nil {
				row.change(t)
			}
			o := w.check(t, row.args...)
			o.wants(t, 0)
			o.noRebuilds(t)
			if got := o.compiled(); !maps.Equal(got, row.want) {
				t.Errorf("compiled %v, want %v\n%s", got, row.want, o.stdout)
			}
			if row.alone {
				w.sameAlone(t, strconv.Itoa(i))
			}
		})
	}
}

// TestLegsShare: legs that differ in features of members only compile
// third-party code once, with the settings of a new user.
func TestLegsShare(t *testing.T) {
	w := unpack(t, "locks")
	w.nonce += "-legs"
	w.repository(t)
	w.write(t, "crane.yaml", "common: {profile: dev}\nmatrix: {quiet: {}, loud: {features: [app/loud]}}\nchecks: {package: {matrix: [quiet, loud]}}\n")
	o := w.check(t)
	o.wants(t, 0)
	o.executed(t, "deps build", "deps check", "deps test", "fetch", "package@loud", "package@quiet")
}

// TestEarlierGone: a builder that has lost what an earlier stage left does not
// make it again.
func TestEarlierGone(t *testing.T) {
	w := empty(t)
	w.state = filepath.Join(t.TempDir(), "builder")
	t.Cleanup(func() {
		if out, err := exec.Command(w.binary, "builder", "stop", "--state-dir", w.state).CombinedOutput(); err != nil {
			t.Errorf("stopping the builder: %v\n%s", err, out)
		}
	})
	w.repository(t)
	w.write(t, "Cargo.toml", "[package]\nname = \"w\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\nitoa = \"1\"\n")
	w.write(t, "src/lib.rs", "pub fn n() -> String { itoa::Buffer::new().format(7).to_owned() }\n")
	w.write(t, "Cargo.lock", "version = 4\n\n[[package]]\nname = \"itoa\"\nversion = "+oldItoa+"\n\n[[package]]\nname = \"w\"\nversion = \"0.1.0\"\ndependencies = [\n \"itoa\",\n]\n")
	w.check(t, "clippy", "--set", "deps-from-earlier=true").wants(t, 0)
	prune := w.finish(t, w.command(t.Context(), "cache", "prune", "--all"))
	prune.wants(t, 0)
	w.edit(t, "Cargo.lock", oldItoa, newItoa)
	o := w.check(t, "clippy", "--set", "deps-from-earlier=true")
	o.wants(t, 0)
	if got := o.compiled(); len(got) > 0 {
		t.Errorf("compiled %v: nothing was pruned\n%s", got, prune.stdout)
	}
	log, err := os.ReadFile(filepath.Join(w.dir, "result", "clippy", "deps.txt"))
	if err != nil || strings.Count(string(log), "\n") != 1 {
		t.Errorf("%v: stages made are\n%s", err, log)
	}
	if strings.Contains(o.stderr, "itoa v1.0.14") {
		t.Errorf("the earlier stage was made again\n%s", o.stderr)
	}
}

// repository makes the workspace one with a branch: stages of others are nobody's.
func (w *workspace) repository(t *testing.T) {
	t.Helper()
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"},
		{"add", "-A"},
		{"-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", w.nonce},
	} {
		if out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", w.dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
}

// compiled are the units that stages compiled which started from earlier ones.
func (o *outcome) compiled() map[string]int {
	units := map[string]int{}
	for _, s := range o.Stages {
		if s.Units > 0 {
			units[s.Name] = s.Compiled
		}
	}
	return units
}

// sameAlone runs the workspace from nothing, and fails the test if the units or
// programs are others.
func (w *workspace) sameAlone(t *testing.T, name string) {
	t.Helper()
	files := []string{"units/units.txt", "units/sums.txt", "package/bin/app"}
	read := func() map[string]string {
		contents := map[string]string{}
		for _, file := range files {
			data, err := os.ReadFile(filepath.Join(w.dir, "result", filepath.FromSlash(file)))
			if err != nil {
				t.Fatal(err)
			}
			contents[file] = string(data)
		}
		return contents
	}
	got := read()
	alone := *w
	alone.nonce += "-alone-" + name
	o := alone.check(t)
	o.wants(t, 0)
	if used := o.compiled(); len(used) > 0 {
		t.Fatalf("the run from nothing started from %v", used)
	}
	for file, want := range read() {
		if got[file] != want {
			t.Errorf("%s is\n%.2000s\nand from nothing\n%.2000s", file, got[file], want)
		}
	}
}
