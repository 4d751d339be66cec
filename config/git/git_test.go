package git

import (
	"context"
	"errors"
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
	os.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	os.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	os.Exit(m.Run())
}

// plain runs git as a user would.
func plain(ctx context.Context, dir string, args ...string) (string, error) {
	who := []string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", "-c", "advice.addEmbeddedRepo=false"}
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
			must(t, dir, "sparse-checkout", "init", "--cone", "--sparse-index")
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

// TestUserExcludes wants files that the user ignores everywhere to stay out.
func TestUserExcludes(t *testing.T) {
	dir, home := fresh(t), t.TempDir()
	put(t, dir, "a.swp", "")
	put(t, dir, "b.swp", "")
	put(t, home, "ignored", "a.swp\n")
	put(t, home, ".config/git/ignore", "b.swp\n")
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	put(t, home, "config", "[core]\n\texcludesFile = ~/ignored\n")
	if names := list(t, dir); slices.Contains(names, "b.swp") || !slices.Contains(names, "a.swp") {
		t.Errorf("without core.excludesFile: %q", names)
	}
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(home, "config"))
	if names := list(t, dir); slices.Contains(names, "a.swp") || !slices.Contains(names, "b.swp") {
		t.Errorf("with core.excludesFile: %q", names)
	}
}

// TestHook runs as in a hook, where git has set variables about another
// repository, and in another language.
func TestHook(t *testing.T) {
	outer, other := fresh(t), fresh(t)
	put(t, other, "other.txt", "")
	must(t, other, "add", ".")
	sub := filepath.Join(outer, "sub")
	must(t, outer, "submodule", "--quiet", "add", other, "sub")
	linked := filepath.Join(t.TempDir(), "linked")
	must(t, outer, "worktree", "add", "-q", linked)
	want := map[string][]string{}
	for _, dir := range []string{outer, sub, filepath.Join(linked, "ws")} {
		want[dir] = list(t, dir)
	}
	for name, value := range map[string]string{
		"GIT_DIR": filepath.Join(other, ".git"), "GIT_INDEX_FILE": filepath.Join(other, ".git/index"), "GIT_WORK_TREE": other, "GIT_PREFIX": "ws/",
		"GIT_OBJECT_DIRECTORY": "/nowhere", "GIT_COMMON_DIR": "/nowhere", "GIT_NAMESPACE": "x", "GIT_CEILING_DIRECTORIES": filepath.Dir(outer),
		"GIT_LITERAL_PATHSPECS": "1", "GIT_ICASE_PATHSPECS": "1", "LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de",
	} {
		t.Setenv(name, value)
	}
	for dir, names := range want {
		if got := list(t, dir); !slices.Equal(got, names) {
			t.Errorf("%s: %q, want %q", dir, got, names)
		}
		if r, err := Open(t.Context(), dir); err != nil || dir != r.Top && dir != filepath.Join(r.Top, "ws") {
			t.Errorf("%s: top %v (%v)", dir, r, err)
		}
	}
}

// TestOwner compares with what git itself refuses.
func TestOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to give files away")
	}
	const other = 12345
	config := filepath.Join(t.TempDir(), "config")
	for name, c := range map[string]struct {
		give   []string
		config string
		sudo   string
		want   bool
	}{
		"own":               {nil, "", "", true},
		"top":               {[]string{"."}, "", "", false},
		"git directory":     {[]string{".git"}, "", "", false},
		"named":             {[]string{".", ".git"}, "[safe]\n\tdirectory = TOP\n", "", true},
		"all":               {[]string{".", ".git"}, "[safe]\n\tdirectory = *\n", "", true},
		"forgotten":         {[]string{".", ".git"}, "[safe]\n\tdirectory = *\n\tdirectory = \n", "", false},
		"another":           {[]string{".", ".git"}, "[safe]\n\tdirectory = TOP/ws\n", "", false},
		"sudo":              {[]string{".", ".git"}, "", "12345", true},
		"sudo of a third":   {[]string{".", ".git"}, "", "54321", false},
		"sudo, own":         {nil, "", "12345", true},
		"of the repository": {[]string{".", ".git"}, "OWN", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := fresh(t)
			if c.config == "OWN" {
				must(t, dir, "config", "safe.directory", "*")
			}
			put(t, filepath.Dir(config), "config", strings.ReplaceAll(strings.ReplaceAll(c.config, "TOP", dir), "OWN", ""))
			t.Setenv("GIT_CONFIG_GLOBAL", config)
			t.Setenv("SUDO_UID", c.sudo)
			for _, name := range c.give {
				if err := os.Lchown(filepath.Join(dir, name), other, other); err != nil {
					t.Fatal(err)
				}
			}
			_, err := plain(t.Context(), dir, "rev-parse", "HEAD")
			if (err == nil) != c.want {
				t.Fatalf("git itself: %v, want %v", err, c.want)
			}
			_, err = Open(t.Context(), filepath.Join(dir, "ws"))
			var owner *OwnerError
			if c.want && err != nil || !c.want && !errors.As(err, &owner) {
				t.Errorf("error %v, want none: %v", err, c.want)
			}
			if owner != nil && !strings.Contains(err.Error(), "safe.directory "+dir) {
				t.Errorf("%v does not say what to do", err)
			}
		})
	}
}

func TestNoRepository(t *testing.T) {
	t.Parallel()
	if _, err := Open(t.Context(), t.TempDir()); !errors.Is(err, ErrNoRepository) {
		t.Errorf("outside of repositories: %v", err)
	}
}

// TestNoGit wants an error where there is a repository that nobody can read.
func TestNoGit(t *testing.T) {
	dir := fresh(t)
	t.Setenv("PATH", t.TempDir())
	if _, err := Open(t.Context(), dir); !errors.Is(err, ErrNoGit) {
		t.Errorf("without git: %v", err)
	}
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	dir := fresh(t)
	r, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Files(ctx, "."); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestLeavesNothing looks for what questions leave behind.
func TestLeavesNothing(t *testing.T) {
	dir, temp := fresh(t), t.TempDir()
	t.Setenv("TMPDIR", temp)
	before := must(t, dir, "ls-files", "--debug")
	list(t, dir)
	left, err := os.ReadDir(temp)
	if err != nil || len(left) > 0 {
		t.Errorf("left %v (%v)", left, err)
	}
	if after := must(t, dir, "ls-files", "--debug"); after != before {
		t.Error("the index was written")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("100644 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 0\tsrc/lib.rs\x00160000 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 0\tsub\x00"))
	f.Add([]byte("new\x00nested/\x00"))
	f.Add([]byte("core.bare\nfalse\x00core.worktree\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, parse := range []func([]byte) ([]File, error){parseIndex, parseOthers} {
			files, err := parse(text)
			if err != nil {
				continue
			}
			for _, file := range files {
				at := filepath.Join("/top", file.Name)
				if !strings.HasPrefix(at, "/top/") || strings.Contains(strings.ToLower(at)+"/", "/.git/") {
					t.Errorf("%q leads to %s", file.Name, at)
				}
			}
		}
		config := parseConfig(text).harmless().text()
		for line := range strings.Lines(config) {
			key, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			if key != "[core]" && known()["core."+key] == nil {
				t.Errorf("took over %q", line)
			}
		}
	})
}
