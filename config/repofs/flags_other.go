//go:build !unix

package repofs

import "os"

// openFlags open a file for reading.
const openFlags = os.O_RDONLY
