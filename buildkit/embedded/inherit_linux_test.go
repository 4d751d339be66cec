package embedded

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestKeepFiles(t *testing.T) {
	// As a shell hands it on: not closed on exec.
	fd, err := unix.Dup(0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	keepFiles()
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("descriptor %d would be inherited: flags %d (%v)", fd, flags, err)
	}
}
