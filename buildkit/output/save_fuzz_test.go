package output

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/tonistiigi/fsutil/types"
)

// nested lists one directory with one file of these names and modes.
type nested struct {
	dir, file string
	mode      uint32
}

func (n nested) readDir(_ context.Context, dir string) ([]*types.Stat, error) {
	if dir == "." {
		return []*types.Stat{{Path: n.dir, Mode: uint32(fs.ModeDir | 0o755)}}, nil
	}
	return []*types.Stat{{Path: n.file, Mode: n.mode, Size: 1, Linkname: "/etc/passwd"}}, nil
}

func (nested) stat(context.Context, string) (*types.Stat, error) {
	return nil, fs.ErrNotExist
}

func (nested) readFile(context.Context, string, *gateway.FileRange) ([]byte, error) {
	return []byte("x"), nil
}

// FuzzSave has a builder send any names: whatever they are, everything that
// is written is a plain file below the directory of the check.
func FuzzSave(f *testing.F) {
	for _, name := range []string{"log.txt", "..", "../x", "/x", "a/../../x", ".", "", "a\x00b", `..\x`, "C:x", "check"} {
		f.Add(name, "file", uint32(0o644))
		f.Add("bin", name, uint32(0o755))
		f.Add("bin", name, uint32(fs.ModeSymlink|0o777))
		f.Add(name, name, uint32(fs.ModeDevice|0o777))
	}
	f.Fuzz(func(t *testing.T, dir, file string, mode uint32) {
		top := t.TempDir()
		out := filepath.Join(top, "result", "check")
		err := Save(t.Context(), nested{dir, file, mode}, in(out))
		walked := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(out, path)
			if err != nil {
				return err
			}
			if !entry.IsDir() && !filepath.IsLocal(rel) || !entry.IsDir() && !entry.Type().IsRegular() {
				t.Errorf("%q of mode %v became %s", dir+"/"+file, fs.FileMode(mode), path)
			}
			return nil
		})
		if walked != nil {
			t.Error(walked)
		}
		if _, statErr := os.Stat(out); (err == nil) != (statErr == nil) {
			t.Errorf("saved with %v, but the directory: %v", err, statErr)
		}
	})
}
