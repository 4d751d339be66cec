package llb

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
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
func (r fetchRoot) command(home string, env ...string) *exec.Cmd {
	cmd := exec.Command(r.shell[0], append(r.shell[1:], filepath.Join(r.dir, "lib/fetch.sh"))...)
	cmd.Dir = filepath.Join(r.dir, "src")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Env = append([]string{"PATH=" + r.dir + "/bin:/usr/local/bin:/usr/bin:/bin", "ROOT=" + r.dir, "CARGO_HOME=" + filepath.Join(r.dir, home)}, env...)
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
	cmd := r.command("home", env...)
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

// everyShell runs a test with the shells that images have.
func everyShell(t *testing.T, test func(t *testing.T, shell []string)) {
	t.Helper()
	for _, shell := range [][]string{{"dash"}, {"bash", "--posix"}, {"busybox", "sh"}} {
		if _, err := exec.LookPath(shell[0]); err == nil {
			t.Run(shell[0], func(t *testing.T) {
				t.Parallel()
				test(t, shell)
			})
		}
	}
}

// TestDownloadsAreNotBelieved: a crate of the cache is used if it has the
// checksum of the lock. Before, whatever was there was compiled.
func TestDownloadsAreNotBelieved(t *testing.T) {
	t.Parallel()
	const cached = "registry/cache/index-1/fnv-1.0.7.crate"
	variants := map[string]struct {
		prepare func(downloads string) error
		reused  bool
	}{
		"empty":     {func(string) error { return nil }, false},
		"good":      {nil, true},
		"other":     {func(d string) error { return os.WriteFile(d+"/"+cached, []byte(falseCrate), 0o644) }, false},
		"half":      {func(d string) error { return os.WriteFile(d+"/"+cached, []byte(trueCrate[:5]), 0o644) }, false},
		"no bytes":  {func(d string) error { return os.WriteFile(d+"/"+cached, nil, 0o644) }, false},
		"directory": {func(d string) error { return os.Mkdir(d+"/"+cached, 0o755) }, false},
		"pipe":      {func(d string) error { return syscall.Mkfifo(d+"/"+cached, 0o644) }, false},
		"link": {func(d string) error {
			return os.Symlink(d+"/../server/index-1/fnv-1.0.7.crate", d+"/"+cached)
		}, false},
		"circle": {func(d string) error { return os.Symlink("fnv-1.0.7.crate", d+"/"+cached) }, false},
		"linked registry": {func(d string) error {
			return errorsOf(os.Remove(d+"/registry/cache/index-1"), os.Symlink("../../../server/index-1", d+"/registry/cache/index-1"))
		}, false},
		"registry is a file": {func(d string) error {
			return errorsOf(os.RemoveAll(d+"/registry"), os.WriteFile(d+"/registry", nil, 0o644))
		}, false},
		"odd registries": {func(d string) error {
			for _, name := range []string{"*", "-rf", "a b", "..x", "$(touch x)", "new\nline"} {
				if err := os.MkdirAll(filepath.Join(d, "registry/cache", name), 0o755); err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(d, "registry/cache", name, "fnv-1.0.7.crate"), []byte(trueCrate), 0o644); err != nil {
					return err
				}
			}
			return nil
		}, false},
		"left by one that was killed": {func(d string) error { return os.WriteFile(d+"/new.abc", []byte("x"), 0o644) }, false},
	}
	everyShell(t, func(t *testing.T, shell []string) {
		for name, v := range variants {
			t.Run(name, func(t *testing.T) {
				r := newFetchRoot(t, shell)
				downloads := filepath.Join(r.dir, "downloads")
				if v.prepare == nil {
					r.wants(t, "fnv-1.0.7.crate")
				} else if err := errorsOf(os.MkdirAll(downloads+"/registry/cache/index-1", 0o755), v.prepare(downloads)); err != nil {
					t.Fatal(err)
				}
				if v.reused {
					r.wants(t, "")
					return
				}
				r.wants(t, "fnv-1.0.7.crate")
				if entries, _ := filepath.Glob(r.dir + "/home/registry/cache/*"); len(entries) != 1 {
					t.Errorf("CARGO_HOME has the registries %q", entries)
				}
				r.wants(t, "") // it has healed
			})
		}
	})
}

func errorsOf(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestDownloadsOfTwoRegistries: of two crates of one name, none gets into the
// place of the other.
func TestDownloadsOfTwoRegistries(t *testing.T) {
	t.Parallel()
	everyShell(t, func(t *testing.T, shell []string) {
		r := newFetchRoot(t, shell)
		r.serve(t, "private-2", "fnv-1.0.7.crate", falseCrate)
		r.write(t, "src/Cargo.lock", lockOf("fnv", "1.0.7", trueCrate)+strings.Replace(lockOf("fnv", "1.0.7", falseCrate), "version = 4\n", "", 1), 0o644)
		r.write(t, "downloads/registry/cache/index-1/fnv-1.0.7.crate", falseCrate, 0o644)
		r.write(t, "downloads/registry/cache/private-2/fnv-1.0.7.crate", falseCrate, 0o644)
		r.wants(t, "fnv-1.0.7.crate fnv-1.0.7.crate")
	})
}

// TestDownloadsAtOnce: fetches that share the cache and are killed at any moment
// leave one that works.
func TestDownloadsAtOnce(t *testing.T) {
	t.Parallel()
	r := newFetchRoot(t, []string{"sh"})
	var group sync.WaitGroup
	for i := range 24 {
		other := newFetchRoot(t, r.shell)
		if err := errorsOf(os.Remove(other.dir+"/downloads"), os.Symlink(r.dir+"/downloads", other.dir+"/downloads")); err != nil {
			t.Fatal(err)
		}
		cmd := other.command("home")
		group.Go(func() {
			if cmd.Start() == nil {
				time.Sleep(time.Duration(i) * 5 * time.Millisecond)
				_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
				_ = cmd.Wait()
			}
		})
	}
	group.Wait()
	if code, out := r.fetch(t); code != 0 {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	r.wants(t, "")
}

// TestLockForCaches: only what cargo writes becomes the name of a file.
func TestLockForCaches(t *testing.T) {
	t.Parallel()
	sum := sumOf("x")
	entry := func(name, version, source, checksum string) string {
		return fmt.Sprintf("[[package]]\nname = \"%s\"\nversion = \"%s\"\nsource = \"%s\"\nchecksum = \"%s\"\n", name, version, source, checksum)
	}
	const registry = "registry+https://github.com/rust-lang/crates.io-index"
	tests := map[string]struct{ lock, want string }{
		"registry":         {entry("a-b_c", "1.0.0-rc.1+x", registry, sum), "crate " + sum + " a-b_c-1.0.0-rc.1+x.crate"},
		"sparse":           {entry("a", "1.0.0", "sparse+https://x/", sum), "crate " + sum + " a-1.0.0.crate"},
		"upwards":          {entry("../x", "1.0.0", registry, sum), ""},
		"version upwards":  {entry("x", "1/../../y", registry, sum), ""},
		"spaces":           {entry("a b", "1.0.0", registry, sum), ""},
		"glob":             {entry("*", "1.0.0", registry, sum), ""},
		"option":           {entry("-rf", "1.0.0", registry, sum), ""},
		"quote":            {entry(`a\"b`, "1.0.0", registry, sum), ""},
		"command":          {entry("$(touch x)", "1.0.0", registry, sum), ""},
		"letters":          {entry("ä", "1.0.0", registry, sum), ""},
		"short checksum":   {entry("a", "1.0.0", registry, sum[1:]), ""},
		"other checksum":   {entry("a", "1.0.0", registry, strings.ToUpper(sumOf("y"))), ""},
		"local":            {"[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n", ""},
		"mixed":            {"[[package]]\nname = \"a\"\n[[package]]\nversion = \"1.0.0\"\nsource = \"" + registry + "\"\nchecksum = \"" + sum + "\"\n", ""},
		"dependencies":     {"[[package]]\nname = \"a\"\ndependencies = [\n \"name = \\\"b\\\"\",\n]\n", ""},
		"git":              {entry("a", "1.0.0", "git+https://x/Some/Tool.git?branch=a/b#0123", ""), "git tool"},
		"git with a slash": {entry("a", "1.0.0", "git+ssh://git@x/tool/#0123", ""), "git tool"},
		"git upwards":      {entry("a", "1.0.0", "git+https://x/..#0123", ""), ""},
		"git glob":         {entry("a", "1.0.0", "git+https://x/*#0123", ""), ""},
		"twice":            {entry("a", "1.0.0", registry, sum) + entry("a", "1.0.0", "sparse+https://x/", sum), "crate " + sum + " a-1.0.0.crate"},
		"ambiguous":        {entry("a", "1.0.0", registry, sum) + entry("a", "1.0.0", "sparse+https://x/", sumOf("y")), ""},
	}
	for _, awk := range [][]string{{"mawk"}, {"gawk"}, {"busybox", "awk"}, {"awk"}} {
		if _, err := exec.LookPath(awk[0]); err != nil {
			continue
		}
		for name, test := range tests {
			cmd := exec.Command(awk[0], append(awk[1:], "-f", "scripts/lock.awk")...)
			cmd.Env = append(os.Environ(), "LC_ALL=C")
			cmd.Stdin = strings.NewReader("version = 4\n\n" + test.lock)
			out, err := cmd.CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || got != test.want {
				t.Errorf("%s: %s: %q, want %q (%v)", awk, name, got, test.want, err)
			}
		}
	}
}

// TestFetchSurroundings: what the workspace says of the network and of compilers
// does not count, no file of it can be executed, and exit codes tell what may go
// better the next time.
func TestFetchSurroundings(t *testing.T) {
	t.Parallel()
	everyShell(t, func(t *testing.T, shell []string) {
		r := newFetchRoot(t, shell)
		r.write(t, "src/evil", "#!/bin/sh", 0o755)
		if code, out := r.fetch(t, "CARGO_NET_OFFLINE=true", "RUSTC_WRAPPER=/src/evil", "RUSTC_WORKSPACE_WRAPPER=/src/evil"); code != 0 {
			t.Fatalf("exit code %d\n%s", code, out)
		}
		env := "\n" + r.read("env")
		for _, want := range []string{"CARGO_NET_OFFLINE=false", "RUSTC=rustc", "RUSTC_WRAPPER=", "RUSTC_WORKSPACE_WRAPPER=", "GIT_ALLOW_PROTOCOL=file:git:http:https:ssh"} {
			if !strings.Contains(env, "\n"+want+"\n") {
				t.Errorf("cargo has no %s in %s", want, env)
			}
		}
		if files := r.read("executable"); files != "" {
			t.Errorf("can be executed: %s", files)
		}
		for said, want := range map[string]int{
			"error: failed to download from `https://x/`\nSSL certificate problem: self-signed certificate in certificate chain":              101,
			"warning: spurious network error (3 tries remaining): [60] SSL peer certificate or SSH remote key was not OK\nfailed to download": 101,
			"error: failed to download from `https://x/`\n[6] Could not resolve host: x":                                                      75,
			"Downloaded x509-certificate v0.1.0\nerror: download of config.json failed":                                                       75,
			"error: no matching package named `x` found":                                                                                      101,
		} {
			r.write(t, "fails", said, 0o644)
			if code, out := r.fetch(t); code != want {
				t.Errorf("exit code %d, want %d\n%s", code, want, out)
			}
		}
	})
}
