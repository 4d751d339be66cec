package cargo

import (
	"io/fs"
	"reflect"
	"slices"
	"testing"
)

// backwards lists directories in the reverse order: file systems have any.
type backwards struct{ fs.FS }

func (b backwards) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(b.FS, name)
	slices.Reverse(entries)
	return entries, err
}

func TestSkeletonOrder(t *testing.T) {
	t.Parallel()
	for name, fixture := range fixtures {
		files := fixture.tree.with(tree{fixture.dir + "/Cargo.lock": plainLock})
		if fixture.dir == "." {
			files = fixture.tree.with(tree{"Cargo.lock": plainLock})
		}
		var made []*Skeleton
		for _, fsys := range []fs.FS{files.fs(), backwards{files.fs()}, files.fs()} {
			w, err := Load(fsys, fixture.dir, ".")
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			made = append(made, mustSkeleton(t, w))
		}
		if !reflect.DeepEqual(made[0], made[1]) || !reflect.DeepEqual(made[0], made[2]) {
			t.Errorf("%s: the skeleton depends on the order of directories", name)
		}
	}
}
