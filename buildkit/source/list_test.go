package source

import (
	"context"
	iofs "io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// lay makes files below a new directory.
func lay(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func runGit(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	files := []string{
		"Cargo.toml", "Cargo.lock", "src/main.rs", "docs/a.md", "target/CACHEDIR.TAG", "target/debug/app",
		"result/summary.json", "ignored/x.rs", "crates/a/Cargo.toml", "crates/a/target/.rustc_info.json",
	}
	keep := Options{Dirs: []string{"."}, Keep: []string{"Cargo.toml", "Cargo.lock"}, Drop: []string{"result"}}
	source := []string{"Cargo.lock", "Cargo.toml", "crates/a/Cargo.toml", "docs/a.md", "src/main.rs"}
	for name, c := range map[string]struct {
		prepare func(t *testing.T, dir string)
		options Options
		want    []string
	}{
		"no git, .dockerignore": {func(t *testing.T, dir string) {
			t.Helper()
			write(t, dir, ".dockerignore", "ignored\n")
		}, keep, slices.Concat([]string{".dockerignore"}, source)},
		"git ignores the lock": {func(t *testing.T, dir string) {
			t.Helper()
			write(t, dir, ".gitignore", "/target\n/ignored\nCargo.lock\n.rustc_info.json\n")
			runGit(t, dir, "init", "-q")
			runGit(t, dir, "add", "Cargo.toml", "docs")
			runGit(t, dir, "commit", "-qm", "x")
		}, keep, slices.Concat([]string{".gitignore"}, source)},
		"deleted in the work tree": {func(t *testing.T, dir string) {
			t.Helper()
			write(t, dir, ".gitignore", "target\nignored\n")
			runGit(t, dir, "init", "-q")
			runGit(t, dir, "add", ".")
			if err := os.Remove(filepath.Join(dir, "docs/a.md")); err != nil {
				t.Fatal(err)
			}
		}, keep, []string{".gitignore", "Cargo.lock", "Cargo.toml", "crates/a/Cargo.toml", "src/main.rs"}},
		"exclude and include": {
			func(t *testing.T, dir string) {
				t.Helper()
				write(t, dir, ".gitignore", "/target\n/ignored\ncrates/a/target\n")
				runGit(t, dir, "init", "-q")
			},
			Options{Dirs: []string{"."}, Include: []string{"ignored"}, Exclude: []string{"docs/**"}, Drop: []string{"result"}},
			[]string{".gitignore", "Cargo.lock", "Cargo.toml", "crates/a/Cargo.toml", "ignored/x.rs", "src/main.rs"},
		},
		"one directory": {func(*testing.T, string) {}, Options{Dirs: []string{"crates/a"}}, []string{"crates/a/Cargo.toml"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := lay(t, files...)
			c.prepare(t, dir)
			tree, err := List(t.Context(), dir, c.options)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(tree.Files, c.want) {
				t.Errorf("files are %q, want %q", tree.Files, c.want)
			}
		})
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestTreeFS sends what is selected, links as they are, and nothing beside it.
func TestTreeFS(t *testing.T) {
	t.Parallel()
	dir := lay(t, "Cargo.toml", "src/lib.rs", "src/data.bin", "other/secret")
	if err := os.Symlink("../other/secret", filepath.Join(dir, "src/link.rs")); err != nil {
		t.Fatal(err)
	}
	tree := &Tree{Root: dir, Files: []string{"Cargo.toml", "src/data.bin", "src/lib.rs", "src/link.rs"}}
	files, err := tree.FS(func(name string) bool { return filepath.Ext(name) != ".bin" })
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	err = files.Walk(context.Background(), "", func(name string, _ iofs.DirEntry, err error) error {
		got = append(got, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"Cargo.toml", "src", "src/lib.rs", "src/link.rs"}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

func TestLFSPointers(t *testing.T) {
	t.Parallel()
	const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
	dir := t.TempDir()
	for name, text := range map[string]string{"a.bin": pointer, "b.bin": "there", "doc/c.bin": pointer, "big.txt": pointer + strings.Repeat("x", maxPointer)} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree := &Tree{Root: dir, Files: []string{".gitattributes", "a.bin", "b.bin", "big.txt", "doc/c.bin", "gone"}}
	if got := tree.LFSPointers(); got != nil {
		t.Errorf("without attributes: %q", got)
	}
	if err := os.WriteFile(filepath.Join(dir, ".gitattributes"), []byte("*.bin filter=lfs diff=lfs merge=lfs -text\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, want := tree.LFSPointers(), []string{"a.bin", "doc/c.bin"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
