package embedded

import (
	"math"

	"golang.org/x/sys/unix"
)

// firstInherited is the descriptor after standard error.
const firstInherited = 3

// keepFiles keeps the files that this process inherited from whoever started
// it to itself. The builder outlives that process: a lock or the end of a pipe
// would stay open for as long as it runs. Go closes on exec only what it
// opened. Kernels before 5.11 cannot; there it is as it was.
func keepFiles() {
	_ = unix.CloseRange(firstInherited, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
}
