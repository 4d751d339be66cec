package llb

import (
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
	eachShell(t, func(t *testing.T, shell []string) {
		t.Parallel()
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
	eachShell(t, func(t *testing.T, shell []string) {
		t.Parallel()
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
		cmd := other.command()
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
	eachShell(t, func(t *testing.T, shell []string) {
		t.Parallel()
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
