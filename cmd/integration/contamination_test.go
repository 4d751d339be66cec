//go:build integration

package integration

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestContamination lets workspaces try, with all that runs for them, to change
// what those get that come after them: on the same builder, and on another one
// by a shared cache. These get, byte for byte, what a fresh builder makes.
// Attackers are trusted with what they need for the attack to run at all.
func TestContamination(t *testing.T) {
	b := newBattlefield(t)
	for _, attack := range []struct {
		name string
		run  func(*testing.T, *battlefield)
	}{
		{"layout with the digests of another", forgedLayout},
		{"member, as a fork", forkAttack},
		{"dependencies and wrapper, as a change", changeAttack},
		{"member", memberAttack},
		{"dependencies and wrapper", dependencyAttack},
		{"Dockerfile and tool", dockerfileAttack},
		{"layout", layoutAttack},
		{"proxy and tool", proxyAttack},
	} {
		t.Run(attack.name, func(t *testing.T) { attack.run(t, b) })
	}
	fresh := b.victim(t, newState(t), victimSettings)
	if names := slices.Sorted(maps.Keys(fresh)); !slices.Equal(names, []string{"greet/greeting.txt", "package/bin/app"}) || string(fresh["greet/greeting.txt"]) != "honest\n" {
		t.Fatalf("a fresh builder makes %q", names)
	}
	for where, got := range map[string]map[string][]byte{
		"the same builder":               b.victim(t, b.state, victimSettings, b.caches()...),
		"another builder, by the caches": b.victim(t, newState(t), victimSettings, b.caches()...),
	} {
		if !maps.EqualFunc(got, fresh, bytes.Equal) {
			t.Errorf("%s makes other programs than a fresh one (greeting %q)", where, got["greet/greeting.txt"])
		}
	}
}

// battlefield is what attackers and victims share.
type battlefield struct {
	state, shared string
	registry      *host
	// honest is the user's own proxy, by which crates.io has some crates more.
	honest    *interceptor
	published crates
}

func newBattlefield(t *testing.T) *battlefield {
	t.Helper()
	b := &battlefield{state: newState(t), shared: filepath.Join(t.TempDir(), "cache"), registry: serveRegistry(t, nil), published: sleepers(t)}
	b.published["cargo-greet"] = greeter(t, "honest")
	b.honest = intercept(t, b.published)
	return b
}

// victim runs an honest workspace on a builder, and returns what it made.
func (b *battlefield) victim(t *testing.T, state, settings string, args ...string) map[string][]byte {
	t.Helper()
	w := b.workspace(t, state)
	w.write(t, "crane.yaml", settings)
	o := w.check(t, append(args, b.honest.route()...)...)
	o.wants(t, 0)
	o.noRebuilds(t)
	return made(t, w)
}

// caches are the shared ones under one name for all: nobody should do that.
func (b *battlefield) caches() []string {
	return []string{"--cache=type=local,path=" + b.shared, "--cache=" + b.registry.repository()}
}

// workspace has the manifests and the crates of the victim.
func (b *battlefield) workspace(t *testing.T, state string) *workspace {
	t.Helper()
	w := empty(t)
	w.state = state
	w.nonce = "contamination" // its builders are fresh
	w.write(t, "Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\nfnv = \"=1.0.7\"\nitoa = \"=1.0.14\"\n")
	w.write(t, "Cargo.lock", lock(locked{"app", "0.1.0", "", []string{"fnv", "itoa"}}, lockedFnv, lockedItoa))
	w.write(t, "src/main.rs", "use std::hash::Hasher;\n\nfn main() {\n    let mut h = fnv::FnvHasher::default();\n    h.write(b\"x\");\n    println!(\"{}\", itoa::Buffer::new().format(h.finish()));\n}\n")
	w.write(t, "crane.yaml", plainSettings)
	return w
}

const plainSettings = "common: {profile: dev}\nchecks: {package: }\n"

// victimSettings have a tool that attackers have as well, of the same name and
// version.
const victimSettings = `common: {profile: dev}
toolchain: {tools: {cargo-greet: 1.0.0}}
checks:
  package:
  greet: {kind: custom, deps: none, run: ["cargo greet >/out/greeting.txt"]}
`

// made are the programs, and what the tool said, by their names in result/.
func made(t *testing.T, w *workspace) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, pattern := range []string{"package/bin/*", "greet/greeting.txt"} {
		found, err := fs.Glob(os.DirFS(filepath.Join(w.dir, "result")), pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			if files[name], err = os.ReadFile(filepath.Join(w.dir, "result", name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return files
}

// locked is an entry of a lock; no checksum is for a package at a path.
type locked struct {
	name, version, source string
	needs                 []string
}

const cratesIo = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = "

var (
	lockedFnv  = locked{"fnv", "1.0.7", cratesIo + "\"3f9eec918d3f24069decb9af1554cad7c880e2da24a9afd88aca000531ab82c1\"\n", nil}
	lockedItoa = locked{"itoa", "1.0.14", cratesIo + "\"d75a2a4b1b190afb6f5425f10f6a8f959d2ea0b9c2b1d79553551850539e4674\"\n", nil}
)

func lock(entries ...locked) string {
	var text strings.Builder
	text.WriteString("version = 4\n")
	for _, e := range entries {
		fmt.Fprintf(&text, "\n[[package]]\nname = %q\nversion = %q\n%s", e.name, e.version, e.source)
		if len(e.needs) > 0 {
			fmt.Fprintf(&text, "dependencies = [\n \"%s\",\n]\n", strings.Join(e.needs, "\",\n \""))
		}
	}
	return text.String()
}

// says runs the program of an attacker.
func says(t *testing.T, w *workspace) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), filepath.Join(w.dir, "result/package/bin/app")).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// fakeFnv is what attackers would like others to compile.
func fakeFnv(t *testing.T) (lib, crate string) {
	t.Helper()
	lib = "#[derive(Default)]\npub struct FnvHasher;\nimpl std::hash::Hasher for FnvHasher {\n    fn finish(&self) -> u64 { 666 }\n    fn write(&mut self, _: &[u8]) {}\n}\n"
	return lib, base64.StdEncoding.EncodeToString(packed(t, map[string]string{
		"fnv-1.0.7/Cargo.toml": "[package]\nname = \"fnv\"\nversion = \"1.0.7\"\nedition = \"2018\"\n",
		"fnv-1.0.7/src/lib.rs": lib,
	}))
}
