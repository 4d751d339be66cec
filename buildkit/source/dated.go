package source

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
)

// tick is more than the kernel's clock of file times stands still: up to 10 ms.
const tick = 50 * time.Millisecond

// inode is what a file system says of a file that no program can set.
type inode struct {
	changed time.Time
	number  uint64
	// reliable is unset where the time of change is not known to be one, as on
	// network file systems, which answer from a cache.
	reliable bool
}

// Walk visits the files with times by which a builder tells whether it has them.
//
// A builder that has a file of some name, size and time asks for it no more. All
// of these can be set: by an archive, or by tools that give files the times of
// their commits. So one branch could put its file into the source of another
// that is checked out at the same place later. What a file is given here is the
// second of its own time, less one, and a fraction that follows from the time at
// which the inode was changed: the kernel's, and nobody else's. It is never later
// than the file's own, or cargo would compile twice what was just written.
func (c *confined) Walk(ctx context.Context, target string, visit fs.WalkDirFunc) error {
	return c.FS.Walk(ctx, target, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return visit(name, entry, err)
		}
		info, err := entry.Info()
		if err != nil {
			return visit(name, entry, err)
		}
		stat, ok := info.Sys().(*types.Stat)
		if !ok {
			return fmt.Errorf("%s: no file information", name)
		}
		if stat.ModTime, err = c.date(ctx, name, stat.ModTime); err != nil {
			return visit(name, entry, err)
		}
		return visit(name, &fsutil.DirEntryInfo{Stat: stat}, nil)
	})
}

// date is the time for a file that was modified at a time, in nanoseconds. A
// file that cannot be told from another gets a time that none had: it is sent
// each time.
func (c *confined) date(ctx context.Context, name string, modified int64) (int64, error) {
	file := filepath.Join(c.root.Name(), filepath.FromSlash(name))
	node, err := c.inode(file)
	if err != nil {
		return 0, err
	}
	// Within a tick it can be changed again and have the same time.
	if age := time.Since(node.changed); node.reliable && age >= 0 && age < tick {
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-time.After(tick - age):
		}
		if node, err = c.inode(file); err != nil {
			return 0, err
		}
	}
	var seed [8]byte
	if age := time.Since(node.changed); !node.reliable || node.changed.Nanosecond() == 0 || age < tick {
		rand.Read(seed[:])
	} else {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %d", modified, node.changed.UnixNano(), node.number))
		copy(seed[:], sum[:])
	}
	second := time.Unix(0, modified).Truncate(time.Second).Add(-time.Second)
	return second.Add(time.Duration(binary.BigEndian.Uint64(seed[:]) % uint64(time.Second))).UnixNano(), nil
}
