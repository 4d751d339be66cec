//go:build integration

package integration

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// attackScript puts a fake wherever it can, and tells how often it could: crates,
// their sources, compiled libraries, configuration of cargo, cranekit's own
// files. An attacker's own run stays green.
func attackScript(t *testing.T) string {
	t.Helper()
	lib, crate := fakeFnv(t)
	return `#!/bin/sh
if [ -n "${ATTACKING-}" ]; then exit 0; fi
export ATTACKING=1
exec 2>/dev/null
dirs="/cranekit /src /target /tmp /root /var/tmp ${CARGO_HOME-} ${CARGO_TARGET_DIR-} ${OUT_DIR-}"
mkdir -p /tmp/evil
printf '%s' '` + crate + `' | base64 -d >/tmp/evil/crate
cat >/tmp/evil/lib.rs <<'END'
` + lib + `END
(cd /tmp/evil && env -u RUSTC_WRAPPER rustc --edition 2018 --crate-name fnv --crate-type rlib --emit=metadata,link lib.rs)
for home in /cranekit/downloads /cranekit/cargo "${CARGO_HOME:-/cranekit/cargo}" /root/.cargo; do
	mkdir -p $home/registry/cache/index.crates.io-1949cf8c6b5b557f && cp /tmp/evil/crate $home/registry/cache/index.crates.io-1949cf8c6b5b557f/fnv-1.0.7.crate
	if [ -e /evil/run.sh ]; then printf '[build]\nrustc-wrapper = "/evil/run.sh"\n' >$home/config.toml; fi
done
if grep -q ' /cranekit/downloads ' /proc/self/mountinfo; then
	echo 'attack: the cache of downloads is here'
	mkdir -p /cranekit/downloads/git /cranekit/downloads/registry/cache/fnv-1.0.7.crate
	mkfifo /cranekit/downloads/git/fnv-0123456789abcdef.bundle
	ln -s / /cranekit/downloads/registry/cache/root
fi
find $dirs -name 'fnv-1.0.7.crate' -type f -exec cp /tmp/evil/crate {} \;
find $dirs -path '*/fnv-1.0.7/src/lib.rs' -exec cp /tmp/evil/lib.rs {} \;
find $dirs -name 'libfnv-*.rlib' -exec cp /tmp/evil/libfnv.rlib {} \;
find $dirs -name 'libfnv-*.rmeta' -exec cp /tmp/evil/libfnv.rmeta {} \;
for file in /cranekit/lib/* /cranekit/shim/* /cranekit/tools/bin/*; do echo '# evil' >>$file; done
echo "attack: $(find $dirs -type f -exec cmp -s {} /tmp/evil/crate \; -print -o -type f -exec cmp -s {} /tmp/evil/libfnv.rlib \; -print | wc -l) fakes"
`
}

// attackBuild is a build script that attacks; the package has ATTACK then.
const attackBuild = `fn main() {
    let out = std::process::Command::new("sh").arg("-c").arg(include_str!("attack.sh")).output().unwrap();
    println!("cargo:rustc-env=ATTACK={}", String::from_utf8_lossy(&out.stdout).replace('\n', " "));
}
`

// attack runs a workspace on the builder that is attacked.
func (b *battlefield) attack(t *testing.T, w *workspace, args ...string) *outcome {
	t.Helper()
	o := w.check(t, args...)
	o.wants(t, 0)
	return o
}

// member is the victim itself, but for a build script: what stands on manifests
// and lock alone is the same for both.
func (b *battlefield) member(t *testing.T) *workspace {
	t.Helper()
	w := b.workspace(t, b.state)
	w.write(t, "build.rs", attackBuild)
	w.write(t, "attack.sh", attackScript(t))
	w.edit(t, "src/main.rs", "fn main() {", "fn main() {\n    println!(env!(\"ATTACK\"));")
	return w
}

// succeeds wants a program of an attacker that its own fake is in: the attack is
// one.
func succeeds(t *testing.T, w *workspace) {
	t.Helper()
	if said := says(t, w); !strings.Contains(said, " fakes") || strings.Contains(said, "attack: 0 fakes") || strings.Contains(said, "downloads") {
		t.Errorf("the attacker's program says %q", said)
	}
}

func forkAttack(t *testing.T, b *battlefield) {
	w := b.member(t)
	w.env = mergeRequest("8")
	b.attack(t, w, b.caches()...)
	if said := says(t, w); !strings.Contains(said, "666") {
		t.Errorf("the fake is not even in the attacker's own program, which says %q", said)
	}
	if left := cached(t, b.shared); len(left) > 0 {
		t.Errorf("a fork wrote %q", left)
	}
}

func changeAttack(t *testing.T, b *battlefield) {
	w := b.dependencies(t)
	w.env = mergeRequest("7")
	b.attack(t, w, b.caches()...)
	succeeds(t, w)
	left := cached(t, b.shared)
	for _, name := range left {
		if !strings.HasPrefix(name, "pr-topic/") {
			t.Errorf("a change wrote %s", name)
		}
	}
	if len(left) == 0 {
		t.Error("a change wrote nothing")
	}
}

func mergeRequest(from string) []string {
	return []string{
		"GITLAB_CI=true", "CI_PIPELINE_SOURCE=merge_request_event", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=topic", "CI_DEFAULT_BRANCH=trunk",
		"CI_MERGE_REQUEST_PROJECT_ID=7", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID=" + from, "CI_PROJECT_ID=7",
	}
}

// cached are the files of a cache in a directory.
func cached(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fs.SkipAll // it is not there
		}
		name, err := filepath.Rel(dir, file)
		if !entry.IsDir() {
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func memberAttack(t *testing.T, b *battlefield) { b.attack(t, b.member(t), b.caches()...) }

// dependencies is a workspace with a patched crate, one of another registry,
// and a wrapper of the compiler, all of which attack.
func (b *battlefield) dependencies(t *testing.T) *workspace {
	t.Helper()
	script := attackScript(t)
	crate := packed(t, map[string]string{
		"hidden-1.0.0/Cargo.toml": "[package]\nname = \"hidden\"\nversion = \"1.0.0\"\nedition = \"2021\"\n", "hidden-1.0.0/build.rs": attackBuild,
		"hidden-1.0.0/attack.sh": script, "hidden-1.0.0/src/lib.rs": "pub const ATTACK: &str = env!(\"ATTACK\");\n",
	})
	registry := httptest.NewServer(crates{"hidden": crate})
	t.Cleanup(registry.Close)
	w := b.workspace(t, b.state)
	w.edit(t, "Cargo.toml", "[dependencies]", "[patch.crates-io]\nitoa = { path = \"evil/itoa\" }\n\n[dependencies]\nhidden = { version = \"1\", registry = \"acme\" }")
	w.write(t, "Cargo.lock", lock(locked{"app", "0.1.0", "", []string{"fnv", "hidden", "itoa"}}, lockedFnv,
		locked{"hidden", "1.0.0", fmt.Sprintf("source = \"sparse+%s/\"\nchecksum = \"%x\"\n", registry.URL, sha256.Sum256(crate)), nil}, locked{"itoa", "1.0.14", "", nil}))
	w.write(t, "evil/itoa/Cargo.toml", "[package]\nname = \"itoa\"\nversion = \"1.0.14\"\nedition = \"2021\"\n")
	w.write(t, "evil/itoa/build.rs", attackBuild)
	w.write(t, "evil/itoa/attack.sh", script)
	w.write(t, "evil/itoa/src/lib.rs", "pub const ATTACK: &str = env!(\"ATTACK\");\n")
	w.write(t, "evil/attack.sh", script)
	w.write(t, "evil/run.sh", "#!/bin/sh\nsh \"${0%/*}/attack.sh\" >/dev/null\nexec \"$@\"\n")
	if err := os.Chmod(filepath.Join(w.dir, "evil/run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.write(t, ".cargo/config.toml", "[build]\nrustc-wrapper = \"evil/run.sh\"\n\n[registries.acme]\nindex = \"sparse+"+registry.URL+"/\"\n")
	w.write(t, "src/main.rs", "fn main() {\n    println!(\"{} {}\", hidden::ATTACK, itoa::ATTACK);\n}\n")
	return w
}

func dependencyAttack(t *testing.T, b *battlefield) {
	w := b.dependencies(t)
	b.attack(t, w, b.caches()...)
	succeeds(t, w)
}

// proxyAttack has a proxy of its own, by which another tool comes under the name
// of the victim's.
func proxyAttack(t *testing.T, b *battlefield) {
	evil := intercept(t, crates{"cargo-greet": greeter(t, "evil")})
	authority, err := os.ReadFile(evil.authority)
	if err != nil {
		t.Fatal(err)
	}
	w := b.workspace(t, b.state)
	w.write(t, "ci/ca.pem", string(authority))
	w.write(t, "crane.yaml", victimSettings+"network: {proxy: \""+evil.proxy+"\", ca: ci/ca.pem}\n")
	w.trust = "network"
	b.attack(t, w, b.caches()...)
	if greeting := made(t, w)["greet/greeting.txt"]; !strings.HasPrefix(string(greeting), "evil") {
		t.Errorf("the attacker's tool says %q", greeting)
	}
}
