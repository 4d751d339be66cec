//go:build unix

package repofs

import (
	"os"
	"syscall"
)

// openFlags open a file for reading without waiting for who writes a pipe.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOCTTY
