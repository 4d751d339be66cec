package output

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/tonistiigi/fsutil/types"
)

// dated is a result of one file that counts how often it is read.
type dated struct {
	content  string
	modified time.Time
	mode     fs.FileMode
	reads    int
}

func (d *dated) readDir(_ context.Context, dir string) ([]*types.Stat, error) {
	if dir == "." {
		return []*types.Stat{{Path: "bin", Mode: uint32(fs.ModeDir | 0o755)}}, nil
	}
	return []*types.Stat{{Path: "app", Mode: uint32(d.mode), Size: int64(len(d.content)), ModTime: d.modified.UnixNano()}}, nil
}

func (*dated) stat(context.Context, string) (*types.Stat, error) {
	return nil, fs.ErrNotExist
}

func (d *dated) readFile(context.Context, string, *gateway.FileRange) ([]byte, error) {
	d.reads++
	return []byte(d.content), nil
}

// telling is a time that tells a file from others.
var telling = time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)

// TestSaveAgain saves a result where that of an earlier run is.
func TestSaveAgain(t *testing.T) {
	t.Parallel()
	before := telling
	for name, c := range map[string]struct {
		modified time.Time
		content  string
		mode     fs.FileMode
		change   func(file string) error
		reads    int
	}{
		"the same":       {modified: before, content: "old", mode: 0o755},
		"written again":  {modified: before.Add(1), content: "new", mode: 0o755, reads: 1},
		"another size":   {modified: before, content: "newer", mode: 0o755, reads: 1},
		"another mode":   {modified: before, content: "old", mode: 0o644, reads: 1},
		"a set time":     {modified: before.Truncate(time.Second), content: "new", mode: 0o755, reads: 1},
		"edited here":    {modified: before, content: "old", mode: 0o755, reads: 1, change: func(file string) error { return os.WriteFile(file, []byte("own"), 0o600) }},
		"removed here":   {modified: before, content: "old", mode: 0o755, reads: 1, change: os.Remove},
		"a link instead": {modified: before, content: "old", mode: 0o755, reads: 1, change: relink},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "result", "package")
			file := filepath.Join(dir, "bin", "app")
			first := &dated{content: "old", modified: before, mode: 0o755}
			if name == "a set time" {
				first.modified = c.modified
			}
			if err := Save(t.Context(), first, in(dir)); err != nil {
				t.Fatal(err)
			}
			if c.change != nil {
				if err := c.change(file); err != nil {
					t.Fatal(err)
				}
			}
			again := &dated{content: c.content, modified: c.modified, mode: c.mode}
			if err := Save(t.Context(), again, in(dir)); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(file)
			if err != nil || string(got) != c.content {
				t.Errorf("the file has %q, %v, want %q", got, err, c.content)
			}
			info, err := os.Lstat(file)
			if err != nil || !info.Mode().IsRegular() || info.Mode()&0o100 != c.mode&0o100 {
				t.Errorf("the file is %v, %v", info.Mode(), err)
			}
			if again.reads != c.reads {
				t.Errorf("read %d times, want %d", again.reads, c.reads)
			}
		})
	}
}

// relink puts a link to a file of the same time, size and mode in its place.
func relink(file string) error {
	if err := os.Rename(file, file+".moved"); err != nil {
		return err
	}
	return os.Symlink(file+".moved", file)
}
