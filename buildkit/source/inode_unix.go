//go:build linux || darwin

package source

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

func inodeOf(file string) (inode, error) {
	var stat unix.Stat_t
	if err := unix.Lstat(file, &stat); err != nil {
		return inode{}, fmt.Errorf("%s: %w", file, err)
	}
	seconds, nanoseconds := stat.Ctim.Unix()
	return inode{changed: time.Unix(seconds, nanoseconds), number: stat.Ino, reliable: reliable(file)}, nil
}
