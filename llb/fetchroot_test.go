package llb

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fetchRoot is a directory in the place of a container's root, in which fetch.sh
// runs with a cargo of ours: it takes what is in CARGO_HOME for granted, as cargo
// does, and has the rest from a server.
type fetchRoot struct {
	dir   string
	shell []string
}

// fakeCargo fetches the packages in the file packages, and notes what came from
// the server.
const fakeCargo = `#!/bin/sh
set -eu
env >"$ROOT/env"
find "$ROOT/src" -type f -perm -100 >"$ROOT/executable"
if [ -e "$ROOT/fails" ]; then cat "$ROOT/fails" >&2; exit 101; fi
while read -r registry crate; do
	cached=$CARGO_HOME/registry/cache/$registry/$crate
	if [ ! -e "$cached" ]; then
		mkdir -p "$CARGO_HOME/registry/cache/$registry"
		cp "$ROOT/server/$registry/$crate" "$cached"
		echo "$crate" >>"$ROOT/downloaded"
	fi
	mkdir -p "$CARGO_HOME/registry/src/$registry/${crate%.crate}"
	cp "$cached" "$CARGO_HOME/registry/src/$registry/${crate%.crate}/lib.rs"
done <"$ROOT/packages"
[ -e "$ROOT/commit" ] || exit 0
commit=$(cat "$ROOT/commit")
db=$CARGO_HOME/git/db/tool-0123456789abcdef
if ! git -C "$db" cat-file -e "$commit" 2>/dev/null; then
	rm -rf "$db"
	git init -q --bare --template= "$db"
	git -C "$db" fetch -q "$ROOT/server/tool" '+HEAD:refs/remotes/origin/HEAD'
	echo tool >>"$ROOT/downloaded"
fi
mkdir -p "$CARGO_HOME/git/checkouts/tool-0123456789abcdef"
git -C "$db" show "$commit:lib.rs" >"$CARGO_HOME/git/checkouts/tool-0123456789abcdef/lib.rs"
`

// newFetchRoot lays out the scripts with paths below a directory.
func newFetchRoot(t *testing.T, shell []string) fetchRoot {
	t.Helper()
	r := fetchRoot{t.TempDir(), shell}
	for _, dir := range []string{"lib", "bin", "tmp", "src", "downloads", "server/index-1"} {
		if err := os.MkdirAll(filepath.Join(r.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	place := strings.NewReplacer("/cranekit/lib", r.dir+"/lib", "/cranekit/downloads", r.dir+"/downloads", "/run/secrets", r.dir+"/secrets", "/tmp/", r.dir+"/tmp/", "find /src", "find "+r.dir+"/src")
	for _, name := range []string{"network.sh", "credentials.sh", "registry.sh", "downloads.sh", "lock.awk", "fetch.sh"} {
		data, err := scripts.ReadFile("scripts/" + name)
		if err != nil {
			t.Fatal(err)
		}
		r.write(t, "lib/"+name, place.Replace(string(data)), 0o644)
	}
	r.write(t, "bin/cargo", fakeCargo, 0o755)
	r.serve(t, "index-1", "fnv-1.0.7.crate", trueCrate)
	r.write(t, "src/Cargo.lock", lockOf("fnv", "1.0.7", trueCrate), 0o644)
	return r
}

const trueCrate, falseCrate = "the crate itself", "another crate"

func sumOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

func lockOf(name, version, content string) string {
	return fmt.Sprintf("version = 4\n\n[[package]]\nname = %q\nversion = %q\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = %q\n", name, version, sumOf(content))
}

func (r fetchRoot) write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	file := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// serve adds a crate to the server and to what is fetched.
func (r fetchRoot) serve(t *testing.T, registry, crate, content string) {
	t.Helper()
	r.write(t, "server/"+registry+"/"+crate, content, 0o644)
	r.write(t, "packages", r.read("packages")+registry+" "+crate+"\n", 0o644)
}

func (r fetchRoot) read(name string) string {
	data, _ := os.ReadFile(filepath.Join(r.dir, name))
	return string(data)
}

// command is a run of the script with an empty CARGO_HOME.
func (r fetchRoot) command(env ...string) *exec.Cmd {
	cmd := exec.Command(r.shell[0], append(r.shell[1:], filepath.Join(r.dir, "lib/fetch.sh"))...)
	cmd.Dir = filepath.Join(r.dir, "src")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Env = append([]string{"PATH=" + r.dir + "/bin:/usr/local/bin:/usr/bin:/bin", "ROOT=" + r.dir, "CARGO_HOME=" + filepath.Join(r.dir, "home")}, env...)
	return cmd
}

// fetch runs the script and returns its exit code. It must not hang.
func (r fetchRoot) fetch(t *testing.T, env ...string) (code int, out string) {
	t.Helper()
	for _, left := range []string{"home", "downloaded", "tmp"} {
		if err := os.RemoveAll(filepath.Join(r.dir, left)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(r.dir, "tmp"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := r.command(env...)
	timer := time.AfterFunc(20*time.Second, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer timer.Stop()
	text, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(text)
}

// wants runs the script and fails the test unless it has the true crate, from
// the server or the cache, and leaves that in the cache.
func (r fetchRoot) wants(t *testing.T, downloaded string) {
	t.Helper()
	if code, out := r.fetch(t); code != 0 {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	if got := r.read("home/registry/src/index-1/fnv-1.0.7/lib.rs"); got != trueCrate {
		t.Errorf("the crate is %q", got)
	}
	if got := strings.Join(strings.Fields(r.read("downloaded")), " "); got != downloaded {
		t.Errorf("downloaded %q, want %q", got, downloaded)
	}
	kept := "downloads/registry/cache/index-1/fnv-1.0.7.crate"
	if info, err := os.Lstat(filepath.Join(r.dir, kept)); err != nil || !info.Mode().IsRegular() || r.read(kept) != trueCrate {
		t.Errorf("the cache has %v %q (%v)", info, r.read(kept), err)
	}
	if left, _ := filepath.Glob(filepath.Join(r.dir, "downloads/new.*")); len(left) > 0 {
		t.Errorf("left in the cache: %q", left)
	}
}
