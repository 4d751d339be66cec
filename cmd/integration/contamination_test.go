//go:build integration

package integration

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestContamination lets a workspace try, with all that runs for it, to replace a
// crate for those that come after it on the same builder. What they get is, byte
// for byte, what a fresh builder makes.
func TestContamination(t *testing.T) {
	victim := func(state string) []byte {
		w := empty(t)
		w.state = state
		w.write(t, "Cargo.toml", "[package]\nname = \"victim\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\nfnv = \"=1.0.7\"\n")
		w.write(t, "Cargo.lock", fnvLock("victim"))
		w.write(t, "src/main.rs", "use std::hash::Hasher;\n\nfn main() {\n    let mut h = fnv::FnvHasher::default();\n    h.write(b\"x\");\n    println!(\"{}\", h.finish());\n}\n")
		w.write(t, "crane.yaml", "common: {profile: dev}\nchecks: {package: }\n")
		o := w.check(t)
		o.wants(t, 0)
		o.noRebuilds(t)
		program, err := os.ReadFile(filepath.Join(w.dir, "result/package/bin/victim"))
		if err != nil {
			t.Fatal(err)
		}
		return program
	}

	state := newState(t)
	a := empty(t)
	a.state = state
	fake := packed(t, map[string]string{
		"fnv-1.0.7/Cargo.toml": "[package]\nname = \"fnv\"\nversion = \"1.0.7\"\nedition = \"2018\"\n",
		"fnv-1.0.7/src/lib.rs": "#[derive(Default)]\npub struct FnvHasher;\nimpl std::hash::Hasher for FnvHasher {\n    fn finish(&self) -> u64 { 666 }\n    fn write(&mut self, _: &[u8]) {}\n}\n",
	})
	a.write(t, "Cargo.toml", "[package]\nname = \"attacker\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\nfnv = \"=1.0.7\"\n")
	a.write(t, "Cargo.lock", fnvLock("attacker"))
	a.write(t, "src/main.rs", "fn main() {}\n")
	a.write(t, "build.rs", "fn main() {\n    let _ = std::process::Command::new(\"sh\").arg(\"evil/run.sh\").arg(\"true\").status();\n}\n")
	a.write(t, ".cargo/config.toml", "[build]\nrustc-wrapper = \"evil/run.sh\"\n")
	// It is called by cargo wherever cargo runs, before and after the download.
	a.write(t, "evil/run.sh", fmt.Sprintf(`#!/bin/sh
for dir in /cranekit/downloads/registry/cache/index.crates.io-1949cf8c6b5b557f /cranekit/cargo/registry/cache/index.crates.io-1949cf8c6b5b557f; do
	mkdir -p $dir
	echo %s | base64 -d >$dir/fnv-1.0.7.crate
	echo '[build]' >/cranekit/cargo/config.toml
done 2>/dev/null
if grep -q ' /cranekit/downloads ' /proc/self/mountinfo; then echo 'cranekit test: the cache of downloads is here' >&2; fi
exec "$@"
`, base64.StdEncoding.EncodeToString(fake)))
	if err := os.Chmod(filepath.Join(a.dir, "evil/run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	a.write(t, "crane.yaml", "common: {profile: dev}\nchecks: {package: }\n")
	o := a.check(t)
	o.wants(t, 0)
	if bytes.Contains([]byte(o.stderr+o.stdout), []byte("the cache of downloads is here")) {
		t.Error("the attacker's program sees the cache of downloads")
	}

	if after, fresh := victim(state), victim(newState(t)); !bytes.Equal(after, fresh) {
		t.Error("the program is another than on a fresh builder")
	}
}

// fnvLock is the lock of a package that depends on fnv.
func fnvLock(name string) string {
	own := fmt.Sprintf("[[package]]\nname = %q\nversion = \"0.1.0\"\ndependencies = [\n \"fnv\",\n]\n", name)
	crate := "[[package]]\nname = \"fnv\"\nversion = \"1.0.7\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"3f9eec918d3f24069decb9af1554cad7c880e2da24a9afd88aca000531ab82c1\"\n"
	if name < "fnv" {
		return "version = 3\n\n" + own + "\n" + crate
	}
	return "version = 3\n\n" + crate + "\n" + own
}
