package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// signal sends a signal to the process that serves the state directory, if it
// is still there. The pid is no more than a word in a file, and may be that of
// another process by now: only one that has the lock open gets it.
func (l lockFile) signal(pid int, sig unix.Signal) error {
	// The handle stays that of the process, whatever becomes of its pid.
	process, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	defer func() { _ = process.Release() }()
	ok, err := l.openIn(pid)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the process %d that the builder's lock names: %w", pid, err)
	}
	if !ok {
		return fmt.Errorf("the process %d that the builder's lock names is not the builder: %w", pid, ErrUnsafe)
	}
	if err := process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// openIn reports whether a process has the lock open.
func (l lockFile) openIn(pid int) (bool, error) {
	own, err := l.f.Stat()
	if err != nil {
		return false, err
	}
	dir := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	fds, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	for _, fd := range fds {
		info, err := os.Stat(filepath.Join(dir, fd.Name()))
		if err == nil && os.SameFile(own, info) {
			return true, nil
		}
	}
	return false, nil
}
