package output

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/docker/go-units"
	"github.com/tonistiigi/fsutil/types"
)

// Limits bound what comes out of a check.
type Limits struct {
	// Size is in bytes, holes included.
	Size int64
	// Files counts directories too.
	Files int
}

// DefaultLimits are those of nodes that the request has none for.
func DefaultLimits() Limits { return Limits{Size: 4 << 30, Files: 100_000} }

// maxDepth is how many directories may be in one another.
const maxDepth = 64

// usage is what an output has so far.
type usage struct {
	limits Limits
	size   int64
	files  int
}

// add counts a file or directory, and fails if that is too much.
func (u *usage) add(name string, st *types.Stat) error {
	if u.files++; u.files > u.limits.Files {
		return fmt.Errorf("more than %d files and directories: output-files of the check is the limit", u.limits.Files)
	}
	if strings.Count(name, "/") >= maxDepth {
		return fmt.Errorf("more than %d directories in one another", maxDepth)
	}
	if !fs.FileMode(st.Mode).IsRegular() {
		return nil
	}
	size := st.Size
	if name == logFile {
		size = min(size, 2*logPart)
	}
	if size < 0 || size > u.limits.Size-u.size {
		return fmt.Errorf("more than %s, with the %s of %q: output-size of the check is the limit",
			units.BytesSize(float64(u.limits.Size)), units.BytesSize(float64(size)), name)
	}
	u.size += size
	return nil
}
