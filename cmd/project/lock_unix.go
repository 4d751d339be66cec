//go:build unix

package project

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile takes the lock of a file, unless another process has it. The end of
// a process ends its locks. Where a file system has none, nothing is locked.
func lockFile(f *os.File) (taken bool, err error) {
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return false, nil
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, unix.ENOLCK):
		return true, nil
	}
	return err == nil, err
}
