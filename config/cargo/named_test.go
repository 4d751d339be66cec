package cargo

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/cranekit/cranekit/config/repofs"
)

// TestNamed: what the configuration can name reaches dependencies, or a line
// says that it does not. Directories were dropped without a word.
func TestNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config  string
		carried string // with commas between
		inline  string
		left    string // part of a line, "" for none
	}{
		"directory": {`[env]` + "\n" + `PKG = { value = "native/pkg", relative = true }`, "native/pkg/deep/a.h,native/pkg/z.pc", "", ""},
		"file":      {`[env]` + "\n" + `PC = { value = "native/pkg/z.pc", relative = true }`, "", "native/pkg/z.pc", ""},
		"large":     {`[env]` + "\n" + `LIB = { value = "native/lib/libz.a", relative = true }`, "native/lib/libz.a", "", ""},
		"pattern":   {`[env]` + "\n" + `P = { value = "native/*/*.pc", relative = true }`, "", "native/pkg/z.pc", ""},
		"search":    {"[target.x86_64-unknown-linux-gnu.z]\nrustc-link-search = [\"native=native/lib\"]", "native/lib/libz.a", "", ""},
		"flags":     {"[build]\nrustflags = [\"-L\", \"native=native/lib\", \"@native/args\", \"-Clink-arg=-Wl,-Tnative/l.x\"]", "native/lib/libz.a", "native/args,native/l.x", ""},
		"link args": {"[target.'cfg(unix)']\nrustflags = \"-C link-arg=-Lnative/lib\"", "native/lib/libz.a", "", ""},
		"target":    {"[build]\ntarget = \"native/spec.json\"", "", "native/l.x,native/spec.json", ""},
		"link":      {`[env]` + "\n" + `L = { value = "linked", relative = true }`, "linked,native/pkg/deep/a.h,native/pkg/z.pc", "", ""},
		"links in":  {`[env]` + "\n" + `L = { value = "links", relative = true }`, "links/pc,native/pkg/z.pc", "", ""},
		"outside":   {`[env]` + "\n" + `O = { value = "../outside", relative = true }`, "", "", ".cargo/config.toml:2: env.O names ../outside, which is outside of the repository"},
		"link out":  {`[env]` + "\n" + `O = { value = "out", relative = true }`, "", "", "env.O names out, which is outside"},
		"pipe":      {`[env]` + "\n" + `D = { value = "dev", relative = true }`, "dev/a", "", "env.D names dev/pipe, which is neither a file nor a directory"},
		"huge":      {`[env]` + "\n" + `H = { value = "huge", relative = true }`, "", "", "env.H names huge, which is larger than the 64MiB"},
		"twice":     {"[env]\nA = { value = \"half\", relative = true }\nB = { value = \"half\", relative = true }\nC = { value = \"half/a\", relative = true }", "half/a", "", ""},
		"root":      {`[env]` + "\n" + `ROOT = { value = "", relative = true }`, "", "", "env.ROOT names ., which holds the workspace's own packages"},
		"target in": {`[env]` + "\n" + `T = { value = "target/x", relative = true }`, "", "", "which is cargo's own output"},
		"by chance": {"[env]\nA = \"native\"\nB = \"src\"\n[alias]\nx = \"native/pkg\"", "", "", ""},
		"nothing":   {`[env]` + "\n" + `A = { value = "gone", relative = true }` + "\n" + `B = { value = "../gone", relative = true }`, "", "", ""},
		"include":   {`include = ["../../more.toml"]`, "", "", "include names ../../more.toml, which is outside"},
		"vendored":  {"[source.a]\ndirectory = \"../outside\"", "", "", "source.a.directory names ../outside, which is outside"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := t.TempDir()
			dir := filepath.Join(top, "repo")
			namedTree(t, dir)
			write(t, filepath.Join(dir, ".cargo/config.toml"), []byte(c.config+"\n"), 0o644)
			w, err := Load(os.DirFS(top), "repo", "repo")
			if err != nil {
				t.Fatal(err)
			}
			seenAlone(t, dir, mustSkeleton(t, w))
			s := mustSkeleton(t, w)
			if got := strings.Join(s.Carried, ","); got != c.carried {
				t.Errorf("carried are %s, want %s", got, c.carried)
			}
			slices.Sort(s.Named)
			if got := strings.Join(s.Named, ","); got != c.inline {
				t.Errorf("inline are %s, want %s", got, c.inline)
			}
			var left []string
			for _, l := range w.Left() {
				left = append(left, l.String())
			}
			if got := strings.Join(left, "\n"); c.left == "" && got != "" || !strings.Contains(got, c.left) || len(left) > 1 {
				t.Errorf("left is %s, want %s", got, c.left)
			}
			for _, file := range s.Carried {
				if !slices.Contains(w.Ignored(), file) {
					t.Errorf("git may leave %s out", file)
				}
			}
		})
	}
}

// seenAlone reads the same where nothing above the repository can be seen.
func seenAlone(t *testing.T, dir string, want *Skeleton) {
	t.Helper()
	files, err := repofs.Open(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	at := repofs.Name(dir)
	w, err := LoadWithin(files, at, at, at)
	if err != nil {
		if !strings.Contains(err.Error(), "leads out of") {
			t.Fatal(err)
		}
		return
	}
	got := mustSkeleton(t, w)
	if !slices.Equal(got.Carried, want.Carried) || !slices.Equal(got.Named, want.Named) {
		t.Errorf("in a repository of nobody's trust: %q and %q, want %q and %q", got.Carried, got.Named, want.Carried, want.Named)
	}
}

// namedTree is a workspace with files that a configuration can name.
func namedTree(t *testing.T, dir string) {
	t.Helper()
	plainTree.lay(t, dir)
	for name, size := range map[string]int{
		"native/pkg/z.pc": 1, "native/pkg/deep/a.h": 1, "native/pkg/.git/config": 1, "native/lib/libz.a": maxInline, "native/args": 1, "native/l.x": 1,
		"dev/a": 1, "target/x/y": 1, "../outside/a": 1, "../more.toml": 0, "half/a": maxCarried/2 + 1,
	} {
		write(t, filepath.Join(dir, name), make([]byte, size), 0o644)
	}
	write(t, filepath.Join(dir, "native/spec.json"), []byte(`{"pre-link-args": {"gnu": ["-Tnative/l.x"]}}`), 0o644)
	write(t, filepath.Join(dir, "huge/a"), nil, 0o644)
	if err := os.Truncate(filepath.Join(dir, "huge/a"), maxCarried+1); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"linked": "native/pkg", "out": "../outside", "links/pc": "../native/pkg/z.pc"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, link)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "dev/pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestSettingsName: crane.yaml names files, too.
func TestSettingsName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	namedTree(t, dir)
	w, err := Load(os.DirFS(dir), ".", "", "native/spec.json", "-L native/lib")
	if err != nil {
		t.Fatal(err)
	}
	s := mustSkeleton(t, w)
	if s.file(t, "native/spec.json") == "" || !slices.Equal(s.Carried, []string{"native/lib/libz.a"}) {
		t.Errorf("carried are %q", s.Carried)
	}
}
