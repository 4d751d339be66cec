package llb

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gitIn runs git in a directory.
func gitIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.org"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// repository makes one with a commit of a file lib.rs.
func repository(t *testing.T, dir, text string) (commit string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	gitIn(t, dir, "init", "-q")
	if err := os.WriteFile(filepath.Join(dir, "lib.rs"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	gitIn(t, dir, "add", ".")
	gitIn(t, dir, "commit", "-qm", text)
	return gitIn(t, dir, "rev-parse", "HEAD")
}

// TestRepositoriesAreNotBelieved: of a repository in the cache only objects are
// used, under the names that git computes from their content. Before, it was
// copied with its configuration and hooks.
func TestRepositoriesAreNotBelieved(t *testing.T) {
	t.Parallel()
	const bundle = "downloads/git/tool-0123456789abcdef.bundle"
	variants := map[string]struct {
		prepare func(t *testing.T, r fetchRoot, commit string)
		reused  bool
	}{
		"good": {func(*testing.T, fetchRoot, string) {}, true},
		"half": {func(t *testing.T, r fetchRoot, _ string) {
			text := r.read(bundle)
			r.write(t, bundle, text[:len(text)-30], 0o644)
		}, false},
		"other bytes": {func(t *testing.T, r fetchRoot, _ string) {
			text := []byte(r.read(bundle))
			text[len(text)-40] ^= 1
			r.write(t, bundle, string(text), 0o644)
		}, false},
		"another repository": {func(t *testing.T, r fetchRoot, commit string) {
			dir := r.dir + "/evil"
			repository(t, dir, falseCrate)
			// Names by which somebody could look for the commit.
			gitIn(t, dir, "update-ref", "refs/tags/"+commit, "HEAD")
			gitIn(t, dir, "update-ref", "refs/remotes/"+commit, "HEAD")
			gitIn(t, dir, "bundle", "create", "-q", r.dir+"/"+bundle, "--all")
		}, false},
		"link": {func(t *testing.T, r fetchRoot, _ string) {
			if err := errorsOf(os.Rename(r.dir+"/"+bundle, r.dir+"/elsewhere"), os.Symlink(r.dir+"/elsewhere", r.dir+"/"+bundle)); err != nil {
				t.Fatal(err)
			}
		}, false},
		"database": {func(t *testing.T, r fetchRoot, _ string) {
			dir := r.dir + "/downloads/git/db/tool-0123456789abcdef"
			gitIn(t, r.dir, "clone", "-q", "--bare", r.dir+"/server/tool", dir)
			gitIn(t, dir, "config", "core.fsmonitor", "touch "+r.dir+"/canary")
			if err := os.Remove(r.dir + "/" + bundle); err != nil {
				t.Fatal(err)
			}
		}, false},
	}
	eachShell(t, func(t *testing.T, shell []string) {
		t.Parallel()
		for name, v := range variants {
			t.Run(name, func(t *testing.T) {
				r := newFetchRoot(t, shell)
				commit := repository(t, r.dir+"/server/tool", trueCrate)
				r.write(t, "commit", commit, 0o644)
				r.write(t, "packages", "", 0o644)
				r.write(t, "src/Cargo.lock", "version = 4\n\n[[package]]\nname = \"tool\"\nversion = \"1.0.0\"\nsource = \"git+https://example.org/a/Tool.git#"+commit+"\"\n", 0o644)
				r.wantsGit(t, "tool")
				v.prepare(t, r, commit)
				if !v.reused {
					r.wantsGit(t, "tool")
				}
				r.wantsGit(t, "")
				if _, err := os.Stat(r.dir + "/canary"); err == nil {
					t.Error("the configuration of the cache was used")
				}
				if hooks, _ := filepath.Glob(r.dir + "/home/git/db/*/hooks/*"); len(hooks) > 0 {
					t.Errorf("hooks: %q", hooks)
				}
			})
		}
	})
}

// TestBrokenBundle: a bundle that cannot be read takes nothing away from what an
// earlier fetch has left, as that of a workspace leaves it to that of a guest, and
// is gone itself.
func TestBrokenBundle(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Parallel()
		const bundle = "downloads/git/tool-0123456789abcdef.bundle"
		r := newFetchRoot(t, shell)
		commit := repository(t, r.dir+"/server/tool", trueCrate)
		r.write(t, "commit", commit, 0o644)
		r.write(t, "packages", "", 0o644)
		r.write(t, "src/Cargo.lock", "version = 4\n\n[[package]]\nname = \"tool\"\nversion = \"1.0.0\"\nsource = \"git+https://example.org/a/Tool.git#"+commit+"\"\n", 0o644)
		r.wantsGit(t, "tool")
		r.write(t, bundle, "broken", 0o644)
		if err := errorsOf(os.Remove(r.dir+"/commit"), os.Remove(r.dir+"/downloaded")); err != nil {
			t.Fatal(err)
		}
		if out, err := r.command().CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		gitIn(t, r.dir+"/home/git/db/tool-0123456789abcdef", "cat-file", "-e", commit)
		// Nobody fetches anything: what is broken stays no longer for that.
		r.write(t, bundle, "broken", 0o644)
		if code, out := r.fetch(t); code != 0 {
			t.Fatalf("exit code %d\n%s", code, out)
		}
		if _, err := os.Stat(r.dir + "/" + bundle); err == nil {
			t.Error("the broken bundle is still there")
		}
	})
}

// wantsGit runs the script and fails the test unless it has the true file, from
// the server or the cache.
func (r fetchRoot) wantsGit(t *testing.T, downloaded string) {
	t.Helper()
	if code, out := r.fetch(t); code != 0 {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	if got := r.read("home/git/checkouts/tool-0123456789abcdef/lib.rs"); got != trueCrate {
		t.Errorf("the file is %q", got)
	}
	if got := strings.TrimSpace(r.read("downloaded")); got != downloaded {
		t.Errorf("downloaded %q, want %q", got, downloaded)
	}
}
