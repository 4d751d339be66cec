package git

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
