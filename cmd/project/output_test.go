package project

import (
	"os"
	"path/filepath"
	"testing"
)

// under is a path below a directory, or an absolute one.
func under(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func TestClaimOutput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	workspace := filepath.Join(dir, "ws")
	if err := os.MkdirAll(filepath.Join(workspace, "tests"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(workspace, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	write := func(name string) {
		if err := os.WriteFile(filepath.Join(workspace, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("tests/precious.rs")
	for _, c := range []struct {
		output string
		mine   bool
	}{
		{"ws/result", true},
		{"ws/result", true}, // a second time, now marked
		{"link/result", true},
		{"ws/new/deep", true},
		{"ws", false},
		{".", false},
		{"link", false},
		{"ws/tests", false},
		{"ws/tests/precious.rs", false},
		{"ws/tests/precious.rs/below", false},
		{"/dev/null/result", false},
	} {
		if err := claimOutput(under(dir, c.output), workspace); c.mine && err != nil || !c.mine && !isUsage(err) {
			t.Errorf("output %s: %v", c.output, err)
		}
	}
	if got, want := Resolve(filepath.Join(dir, "link/a/b")), filepath.Join(Resolve(workspace), "a/b"); got != want {
		t.Errorf("resolved to %s, want %s", got, want)
	}
}
