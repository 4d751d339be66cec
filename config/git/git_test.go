package git

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMain keeps the configuration of the machine out.
func TestMain(m *testing.M) {
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "GIT_") {
			os.Unsetenv(name)
		}
	}
	home, err := os.MkdirTemp("", "home-*")
	if err != nil {
		panic(err)
	}
	os.Setenv("HOME", home) // old versions have no $GIT_CONFIG_GLOBAL
	os.Unsetenv("XDG_CONFIG_HOME")
	os.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	code := m.Run()
	os.RemoveAll(home)
	os.Exit(code)
}

// plain runs git as a user would.
func plain(ctx context.Context, dir string, args ...string) (string, error) {
	who := []string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", "-c", "advice.addEmbeddedRepo=false", "-c", "advice.sparseIndexExpanded=false"}
	cmd := exec.CommandContext(ctx, "git", append(who, args...)...)
	cmd.Dir, cmd.WaitDelay = dir, time.Second
	cmd.Stdin = strings.NewReader("protocol=https\nhost=nowhere.invalid\n\n")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func must(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := plain(t.Context(), dir, args...)
	if err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return out
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// newer reports whether git is of a version or a newer one.
func newer(t *testing.T, version string) bool {
	t.Helper()
	var have, want [2]int
	if _, err := fmt.Sscanf(must(t, ".", "version"), "git version %d.%d", &have[0], &have[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(version, "%d.%d", &want[0], &want[1]); err != nil {
		t.Fatal(err)
	}
	return slices.Compare(have[:], want[:]) >= 0
}

// fresh makes a repository with one commit.
func fresh(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	must(t, dir, "init", "-q")
	put(t, dir, "Cargo.toml", "[package]\n")
	put(t, dir, "ws/src/lib.rs", "")
	must(t, dir, "add", ".")
	must(t, dir, "commit", "-qm", "first")
	return dir
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	r, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	rel, err := filepath.Rel(r.Top, dir)
	if err != nil {
		t.Fatal(err)
	}
	files, err := r.Files(t.Context(), rel)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		names = append(names, file.Name)
	}
	return names
}

func TestFacts(t *testing.T) {
	t.Parallel()
	dir := fresh(t)
	must(t, dir, "tag", "v1")
	must(t, dir, "branch", "-m", "feature/a")
	must(t, dir, "update-ref", "refs/remotes/origin/trunk", "HEAD")
	must(t, dir, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
	must(t, dir, "pack-refs", "--all")
	linked := filepath.Join(t.TempDir(), "linked")
	must(t, dir, "worktree", "add", "-q", "-b", "other", linked)
	separate := filepath.Join(t.TempDir(), "separate")
	must(t, dir, "clone", "-q", "--separate-git-dir", filepath.Join(t.TempDir(), "elsewhere"), dir, separate)
	for name, c := range map[string]struct{ dir, branch, main string }{
		"main work tree":         {dir, "feature/a", "trunk"},
		"a directory in it":      {filepath.Join(dir, "ws"), "feature/a", "trunk"},
		"linked work tree":       {linked, "other", "trunk"},
		"separate git directory": {separate, "feature/a", "feature/a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := Open(t.Context(), c.dir)
			if err != nil {
				t.Fatal(err)
			}
			if branch, err := r.Branch(t.Context()); branch != c.branch || err != nil {
				t.Errorf("branch %q (%v), want %q", branch, err, c.branch)
			}
			if branch, err := r.DefaultBranch(t.Context()); branch != c.main || err != nil {
				t.Errorf("default branch %q (%v), want %q", branch, err, c.main)
			}
			for fact, args := range map[string][]string{
				"commit": {"rev-parse", "HEAD"}, "short-commit": {"rev-parse", "--short", "HEAD"}, "branch": {"rev-parse", "--abbrev-ref", "HEAD"},
				"describe": {"describe", "--tags", "--always"}, "date": {"show", "--no-patch", "--format=%cI", "HEAD"},
			} {
				if got, err := r.Fact(t.Context(), fact); err != nil || got != must(t, c.dir, args...) {
					t.Errorf("%s: %q (%v), want %q", fact, got, err, must(t, c.dir, args...))
				}
			}
			if clean, err := r.Clean(t.Context(), "."); err != nil || !clean {
				t.Errorf("clean: %v (%v)", clean, err)
			}
			if names := list(t, filepath.Join(r.Top, "ws")); !slices.Equal(names, []string{"src/lib.rs"}) {
				t.Errorf("files %q", names)
			}
		})
	}
	if _, err := (&Repository{}).Fact(t.Context(), "author"); err == nil {
		t.Error("an unknown fact is no error")
	}
	for _, fact := range Facts() {
		if r, err := Open(t.Context(), dir); err != nil {
			t.Fatal(err)
		} else if _, err := r.Fact(t.Context(), fact); err != nil {
			t.Error(err)
		}
	}
}

// TestFiles compares with git, in repositories that store things in the ways
// there are.
func TestFiles(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T, dir string){
		"plain":              func(*testing.T, string) {},
		"split index":        func(t *testing.T, dir string) { t.Helper(); must(t, dir, "update-index", "--split-index") },
		"index of version 4": func(t *testing.T, dir string) { t.Helper(); must(t, dir, "update-index", "--index-version", "4") },
		"sparse": func(t *testing.T, dir string) {
			t.Helper()
			must(t, dir, "sparse-checkout", "init", "--cone")
			if newer(t, "2.32") {
				must(t, dir, "sparse-checkout", "init", "--cone", "--sparse-index")
			}
			must(t, dir, "sparse-checkout", "set", "ws")
		},
		"untracked cache": func(t *testing.T, dir string) { t.Helper(); must(t, dir, "update-index", "--force-untracked-cache") },
		"line ends": func(t *testing.T, dir string) {
			t.Helper()
			must(t, dir, "config", "core.autocrlf", "true")
			put(t, dir, "crlf.txt", "a\r\nb\r\n")
			must(t, dir, "add", "crlf.txt")
			must(t, dir, "commit", "-qm", "crlf")
		},
		"packed": func(t *testing.T, dir string) { t.Helper(); must(t, dir, "gc", "-q") },
		"its own ignored files": func(t *testing.T, dir string) {
			t.Helper()
			put(t, dir, ".git/info/exclude", "private\n")
			put(t, dir, "private", "")
		},
		"new files": func(t *testing.T, dir string) {
			t.Helper()
			put(t, dir, ".gitignore", "*.log\n")
			put(t, dir, "a.log", "")
			put(t, dir, "new\n\"file\"\té", "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := fresh(t)
			put(t, dir, "docs/a.md", "a")
			must(t, dir, "add", "docs")
			must(t, dir, "commit", "-qm", "docs")
			prepare(t, dir)
			want := strings.Split(strings.TrimSuffix(must(t, dir, "ls-files", "-z", "--cached", "--others", "--exclude-standard"), "\x00"), "\x00")
			slices.Sort(want)
			if got := list(t, dir); !slices.Equal(got, want) {
				t.Errorf("files %q, want %q", got, want)
			}
			r, err := Open(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			clean, err := r.Clean(t.Context(), ".")
			if said := must(t, dir, "status", "--porcelain"); err != nil || clean != (said == "") {
				t.Errorf("clean: %v (%v), but git says %q", clean, err, said)
			}
		})
	}
}

func TestNewFormats(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{"sha256": {"--object-format=sha256"}, "reftable": {"--ref-format=reftable"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if out, err := plain(t.Context(), dir, append([]string{"init", "-q"}, args...)...); err != nil {
				t.Skipf("this git has no %s: %s", name, out)
			}
			put(t, dir, "a", "")
			must(t, dir, "add", ".")
			must(t, dir, "commit", "-qm", "first")
			linked := filepath.Join(t.TempDir(), "linked")
			must(t, dir, "worktree", "add", "-q", "-b", "other", linked)
			for at, branch := range map[string]string{dir: "main", linked: "other"} {
				r, err := Open(t.Context(), at)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := r.Fact(t.Context(), "branch"); err != nil || got != branch {
					t.Errorf("branch %q (%v), want %s", got, err, branch)
				}
				if commit, err := r.Commit(t.Context()); err != nil || commit != must(t, at, "rev-parse", "HEAD") {
					t.Errorf("commit %q (%v)", commit, err)
				}
			}
		})
	}
}

func TestIgnores(t *testing.T) {
	t.Parallel()
	dir := fresh(t)
	put(t, dir, ".gitignore", "/ws/new\n")
	put(t, dir, "ws/new", "")
	r, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"new": true, "src/lib.rs": false, "absent": false} {
		if got, err := r.Ignores(t.Context(), "ws", name); got != want || err != nil {
			t.Errorf("%s: %v (%v), want %v", name, got, err, want)
		}
	}
}
