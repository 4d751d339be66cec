package source

import (
	"context"
	"io"
	iofs "io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tonistiigi/fsutil"
)

// commit makes a repository of a directory.
func commit(t *testing.T, dir string) {
	t.Helper()
	runGit(t, dir, "init", "-q")
	runGit(t, dir, "add", ".")
	runGit(t, dir, "commit", "-qm", "x")
}

func link(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}

// withSubmodule is a repository with a submodule sub, which has another one
// deep.
func withSubmodule(t *testing.T) string {
	t.Helper()
	deep, sub, dir := lay(t, "deep.txt"), lay(t, "sub.txt"), lay(t, "Cargo.toml", "ws/Cargo.toml", "ws/src/lib.rs")
	commit(t, deep)
	commit(t, sub)
	runGit(t, sub, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", deep, "deep")
	runGit(t, sub, "commit", "-qm", "deep")
	commit(t, dir)
	runGit(t, dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", sub, "sub")
	runGit(t, dir, "commit", "-qm", "sub")
	return dir
}

func TestSubmodules(t *testing.T) {
	t.Parallel()
	dir := withSubmodule(t)
	runGit(t, dir, "worktree", "add", "-q", filepath.Join(dir, "../linked"))
	own := []string{".gitmodules", "Cargo.toml", "ws/Cargo.toml", "ws/src/lib.rs"}
	clone := t.TempDir()
	runGit(t, clone, "clone", "-q", dir, "one")
	nested := lay(t, "Cargo.toml", "other/a.txt")
	commit(t, filepath.Join(nested, "other"))
	runGit(t, nested, "init", "-q")
	full := t.TempDir()
	runGit(t, full, "-c", "protocol.file.allow=always", "clone", "-q", "--recurse-submodules", dir, "one")
	for name, c := range map[string]struct {
		dir           string
		files, absent []string
	}{
		"checked out one level":             {dir, slices.Concat(own[:2], []string{"sub/.gitmodules", "sub/sub.txt"}, own[2:]), []string{"sub/deep"}},
		"checked out":                       {filepath.Join(full, "one"), slices.Concat(own[:2], []string{"sub/.gitmodules", "sub/deep/deep.txt", "sub/sub.txt"}, own[2:]), nil},
		"a clone without":                   {filepath.Join(clone, "one"), own, []string{"sub"}},
		"a linked work tree":                {filepath.Join(dir, "../linked"), own, []string{"sub"}},
		"a repository that is no submodule": {nested, []string{"Cargo.toml", "other/a.txt"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			tree, err := List(ctx, c.dir, Options{Dirs: []string{"."}})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(tree.Files, c.files) || !slices.Equal(tree.Absent, c.absent) {
				t.Errorf("files %q, absent %q, want %q and %q", tree.Files, tree.Absent, c.files, c.absent)
			}
		})
	}
}

// TestTreeInHook lists a workspace in a subdirectory of a linked work tree,
// with a submodule, under the variables that git sets for a hook.
func TestTreeInHook(t *testing.T) {
	dir := withSubmodule(t)
	linked := filepath.Join(t.TempDir(), "linked")
	runGit(t, dir, "worktree", "add", "-q", linked)
	want := map[string][]string{}
	all := func(dir string) []string {
		tree, err := List(t.Context(), dir, Options{Dirs: []string{"."}})
		if err != nil {
			t.Fatal(err)
		}
		return tree.Files
	}
	for _, at := range []string{dir, linked, filepath.Join(linked, "ws")} {
		want[at] = all(at)
	}
	t.Setenv("GIT_DIR", filepath.Join(dir, ".git/worktrees/linked"))
	t.Setenv("GIT_INDEX_FILE", filepath.Join(dir, ".git/worktrees/linked/index"))
	t.Setenv("GIT_PREFIX", "")
	for at, files := range want {
		if got := all(at); !slices.Equal(got, files) {
			t.Errorf("%s: %q, want %q", at, got, files)
		}
	}
}

// TestTreeLinks has links where one expects something else.
func TestTreeLinks(t *testing.T) {
	t.Parallel()
	for name, repo := range map[string]bool{"git": true, "no git": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outside := lay(t, "secret/key", "cache/x")
			dir := lay(t, "Cargo.toml", "a/Cargo.toml", "a/key", "docs/a.md")
			write(t, dir, ".gitignore", "target/\n")
			if repo {
				commit(t, dir)
			}
			link(t, filepath.Join(outside, "cache"), filepath.Join(dir, "target"))
			link(t, filepath.Join(outside, "cache"), filepath.Join(dir, "a/target"))
			link(t, "nowhere", filepath.Join(dir, "docs/target")) // beside no manifest
			link(t, "..", filepath.Join(dir, "docs/up"))
			link(t, "circle", filepath.Join(dir, "docs/circle"))
			link(t, filepath.Join(outside, "secret"), filepath.Join(dir, "docs/secret"))
			if err := syscall.Mkfifo(filepath.Join(dir, "docs/pipe"), 0o644); err != nil {
				t.Fatal(err)
			}
			tree, err := List(t.Context(), dir, Options{Dirs: []string{"."}})
			if err != nil {
				t.Fatal(err)
			}
			want := []string{".gitignore", "Cargo.toml", "a/Cargo.toml", "a/key", "docs/a.md", "docs/circle", "docs/secret", "docs/target", "docs/up"}
			if !slices.Equal(tree.Files, want) {
				t.Errorf("files %q, want %q", tree.Files, want)
			}
		})
	}
}

// TestTrackedThroughLink replaces a tracked directory by a link out of the
// tree, and tracked files by a pipe and by a link.
func TestTrackedThroughLink(t *testing.T) {
	t.Parallel()
	outside, dir := lay(t, "key"), lay(t, "Cargo.toml", "a/b/key", "pipe", "file")
	commit(t, dir)
	for _, name := range []string{"a/b", "pipe", "file"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link(t, outside, filepath.Join(dir, "a/b"))
	link(t, filepath.Join(outside, "key"), filepath.Join(dir, "file"))
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	tree, err := List(t.Context(), dir, Options{Dirs: []string{"."}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"Cargo.toml", "a/b", "file"}; !slices.Equal(tree.Files, want) {
		t.Errorf("files %q, want %q", tree.Files, want)
	}
}

// TestNoFallback wants a repository that git cannot read to be an error: what
// it ignores is private.
func TestNoFallback(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"index":   func(t *testing.T, dir string) { t.Helper(); write(t, dir, ".git/index", "nonsense") },
		"HEAD":    func(t *testing.T, dir string) { t.Helper(); write(t, dir, ".git/HEAD", "nonsense") },
		"objects": func(t *testing.T, dir string) { t.Helper(); remove(t, filepath.Join(dir, ".git/objects")) },
		"empty": func(t *testing.T, dir string) {
			t.Helper()
			remove(t, filepath.Join(dir, ".git"))
			if err := os.Mkdir(filepath.Join(dir, ".git"), 0o755); err != nil {
				t.Fatal(err)
			}
		},
		"no git": func(t *testing.T, _ string) { t.Helper(); t.Setenv("PATH", "") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := lay(t, "Cargo.toml", "private")
			write(t, dir, ".gitignore", "private\n")
			commit(t, dir)
			spoil(t, dir)
			if tree, err := List(t.Context(), dir, Options{Dirs: []string{"."}}); err == nil {
				t.Errorf("files %q", tree.Files)
			}
		})
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.RemoveAll(name); err != nil {
		t.Fatal(err)
	}
}

// TestHostileTree lists a directory of the repository that looks like a bare
// repository whose configuration runs a program.
func TestHostileTree(t *testing.T) {
	t.Parallel()
	dir, canary := lay(t, "Cargo.toml", "ws/Cargo.toml", "ws/objects/x", "ws/refs/x"), filepath.Join(t.TempDir(), "canary")
	write(t, dir, "ws/HEAD", "ref: refs/heads/main\n")
	write(t, dir, "ws/config", "[core]\n\trepositoryFormatVersion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = \": >"+canary+";\"\n")
	commit(t, dir)
	tree, err := List(t.Context(), dir, Options{Dirs: []string{"ws"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"ws/Cargo.toml", "ws/HEAD", "ws/config", "ws/objects/x", "ws/refs/x"}; !slices.Equal(tree.Files, want) {
		t.Errorf("files %q, want %q", tree.Files, want)
	}
	if _, err := os.Stat(canary); err == nil {
		t.Error("a program of the repository ran")
	}
}

// TestTreeOpen swaps what was listed for something else before it is sent.
func TestTreeOpen(t *testing.T) {
	t.Parallel()
	outside, dir := lay(t, "key", "b/key"), lay(t, "a/key", "b/key", "pipe", "same", "twin")
	remove(t, filepath.Join(dir, "twin"))
	if err := os.Link(filepath.Join(dir, "same"), filepath.Join(dir, "twin")); err != nil {
		t.Fatal(err)
	}
	tree, err := List(t.Context(), dir, Options{Dirs: []string{"."}})
	if err != nil {
		t.Fatal(err)
	}
	files, err := tree.FS(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a/key", "b", "pipe"} {
		remove(t, filepath.Join(dir, name))
	}
	link(t, filepath.Join(outside, "key"), filepath.Join(dir, "a/key"))
	link(t, filepath.Join(outside, "b"), filepath.Join(dir, "b"))
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a/key": "", "b/key": "", "pipe": "", "same": "same", "twin": "same", "../key": ""} {
		if got := sent(t, files, name); got != want {
			t.Errorf("%s: sent %q, want %q", name, got, want)
		}
	}
}

func sent(t *testing.T, files fsutil.FS, name string) string {
	t.Helper()
	file, err := files.Open(name)
	if err != nil {
		return ""
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// TestHardLinks sends a file whose twin is not sent.
func TestHardLinks(t *testing.T) {
	t.Parallel()
	dir := lay(t, "b/built", "b/source", "c/source")
	remove(t, filepath.Join(dir, "b/source"))
	if err := os.Link(filepath.Join(dir, "b/built"), filepath.Join(dir, "b/source")); err != nil {
		t.Fatal(err)
	}
	tree := &Tree{Root: dir, Files: []string{"b/source", "c/source"}}
	files, err := tree.FS(nil)
	if err != nil {
		t.Fatal(err)
	}
	err = files.Walk(t.Context(), "", func(name string, entry iofs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Size() == 0 || strings.Contains(name, "built") {
			t.Errorf("%s is sent as %+v", name, info)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
