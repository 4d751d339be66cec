package output

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"testing"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/tonistiigi/fsutil/types"
)

// memory is a builder that answers with these files, true to them or not: a
// real one cannot be made to lie about names.
type memory map[string][]byte

func (m memory) readDir(_ context.Context, dir string) ([]*types.Stat, error) {
	var entries []*types.Stat
	seen := map[string]bool{}
	for name, data := range m {
		switch {
		case path.Dir(name) == path.Clean(dir):
			entries = append(entries, &types.Stat{Path: path.Base(name), Mode: 0o755, Size: int64(len(data))})
		case path.Dir(path.Dir(name)) == path.Clean(dir) && dir != path.Dir(name) && !seen[path.Dir(name)]:
			seen[path.Dir(name)] = true
			entries = append(entries, &types.Stat{Path: path.Base(path.Dir(name)), Mode: uint32(fs.ModeDir | 0o755)})
		}
	}
	return entries, nil
}

func (m memory) stat(_ context.Context, name string) (*types.Stat, error) {
	data, ok := m[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return &types.Stat{Path: path.Base(name), Mode: 0o644, Size: int64(len(data))}, nil
}

func (m memory) readFile(_ context.Context, name string, at *gateway.FileRange) ([]byte, error) {
	data := m[name][at.Offset:]
	return data[:min(len(data), at.Length)], nil
}

// liar names one file as it likes.
type liar struct{ name string }

func (l liar) readDir(context.Context, string) ([]*types.Stat, error) {
	return []*types.Stat{{Path: l.name, Mode: 0o644, Size: 1}}, nil
}

func (liar) stat(context.Context, string) (*types.Stat, error) {
	return nil, fs.ErrNotExist
}

func (liar) readFile(context.Context, string, *gateway.FileRange) ([]byte, error) {
	return []byte("x"), nil
}

// in is a place for an output without limits that matter.
func in(dir string) Place {
	return Place{Output: filepath.Dir(dir), Name: filepath.Base(dir), Limits: DefaultLimits()}
}

func TestSave(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "result", "check")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "stale"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat([]byte("0123456789abcdef"), chunk/16+1)
	if err := Save(t.Context(), memory{"bin/app": big, "log.txt": []byte("log"), "empty": nil}, in(dir)); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "bin/app"))
	if err != nil || !bytes.Equal(got, big) {
		t.Errorf("bin/app has %d bytes, want %d (%v)", len(got), len(big), err)
	}
	if info, err := os.Stat(filepath.Join(dir, "bin/app")); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("bin/app cannot be executed (%v)", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "stale")); err == nil {
		t.Error("a file of an earlier run is still there")
	}
	left, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(left) != 1 {
		t.Errorf("left beside the result: %v (%v)", left, err)
	}
}

func TestSaveRefusesNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../escape", "/etc/passwd", "a/b", "..", ""} {
		dir := filepath.Join(t.TempDir(), "out", "check")
		if err := Save(t.Context(), liar{name}, in(dir)); err == nil {
			t.Errorf("the name %q was written", name)
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(filepath.Dir(dir)), "escape")); err == nil {
			t.Errorf("the name %q led out of the output", name)
		}
	}
}
