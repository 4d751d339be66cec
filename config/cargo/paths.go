package cargo

import (
	"path"
	"strings"
)

// Paths here are those of an [io/fs.FS]: slash-separated, clean, relative to
// its root, which is ".".

// Within reports whether dir is base or lies below it. Both are clean and
// slash-separated; "." is above all that is relative.
func Within(dir, base string) bool {
	return base == "." || dir == base || strings.HasPrefix(dir, base+"/")
}

// inside reports whether a cleaned path does not climb out of the file system.
func inside(name string) bool {
	return name != ".." && !strings.HasPrefix(name, "../") && !path.IsAbs(name)
}

// commonDir returns the nearest directory that holds both a and b.
func commonDir(a, b string) string {
	for !Within(b, a) {
		a = path.Dir(a)
	}
	return a
}

// relPath returns the path that leads from the directory base to name.
func relPath(base, name string) string {
	common := commonDir(base, name)
	up := 0
	for base != common {
		base = path.Dir(base)
		up++
	}
	down := name
	if common != "." {
		down = strings.TrimPrefix(strings.TrimPrefix(name, common), "/")
	}
	return path.Clean(strings.Repeat("../", up) + down)
}
