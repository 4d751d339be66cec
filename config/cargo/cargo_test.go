package cargo

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// tree is a directory: the text of files by path.
type tree map[string]string

// gone is the text of a file to remove.
const gone = "\x00"

// with returns a copy of t with changed files.
func (t tree) with(changes tree) tree {
	out := maps.Clone(t)
	maps.Copy(out, changes)
	maps.DeleteFunc(out, func(_, text string) bool { return text == gone })
	return out
}

func (t tree) fs() fs.FS {
	fsys := fstest.MapFS{}
	for name, text := range t {
		mode := fs.FileMode(0o644)
		if strings.HasSuffix(name, ".sh") {
			mode = 0o755
		}
		fsys[name] = &fstest.MapFile{Data: []byte(text), Mode: mode}
	}
	return fsys
}

// lay writes t below dir.
func (t tree) lay(tb testing.TB, dir string) {
	tb.Helper()
	for name, text := range t {
		write(tb, filepath.Join(dir, name), []byte(text), 0o644)
	}
}

func write(tb testing.TB, name string, data []byte, mode fs.FileMode) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(name, data, mode); err != nil {
		tb.Fatal(err)
	}
}

func mustLoad(tb testing.TB, t tree, dir string) *Workspace {
	tb.Helper()
	w, err := Load(t.fs(), dir, ".")
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func mustSkeleton(tb testing.TB, w *Workspace) *Skeleton {
	tb.Helper()
	s, err := w.Skeleton()
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// file returns the text of a file of the skeleton.
func (s *Skeleton) file(tb testing.TB, name string) string {
	tb.Helper()
	for _, f := range s.Files {
		if f.Path == name {
			return string(f.Data)
		}
	}
	tb.Fatalf("%s is not in the skeleton", name)
	return ""
}

// layOver writes the skeleton below dir as a builder does: the real
// directories of src first.
func (s *Skeleton) layOver(tb testing.TB, src, dir string) {
	tb.Helper()
	for _, real := range s.Real {
		if err := os.CopyFS(filepath.Join(dir, real), os.DirFS(filepath.Join(src, real))); err != nil {
			tb.Fatal(err)
		}
	}
	for _, f := range s.Files {
		if !fs.ValidPath(f.Path) || f.Path != path.Clean(f.Path) {
			tb.Fatalf("path %q leads out of the skeleton", f.Path)
		}
		write(tb, filepath.Join(dir, f.Path), f.Data, f.Mode)
	}
	if !slices.IsSortedFunc(s.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) }) {
		tb.Error("files are not sorted")
	}
}

// cargo runs cargo without network in dir and returns its output.
func cargo(tb testing.TB, dir string, args ...string) []byte {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), "cargo", append(args, "--offline")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "RUSTFLAGS=-Dwarnings -Dmissing_docs -Dunused_crate_dependencies", "CARGO_INCREMENTAL=0")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("cargo %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return out
}
