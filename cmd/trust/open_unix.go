//go:build unix

package trust

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// openOwn opens a regular file that nobody but the user and root can write. It
// is looked at once it is open.
func openOwn(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ELOOP) {
		return nil, fmt.Errorf("%w: it is a symbolic link", ErrUnsafe)
	}
	if err != nil {
		return nil, err
	}
	var stat unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &stat); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	var why string
	switch {
	case stat.Mode&unix.S_IFMT != unix.S_IFREG:
		why = "it is no regular file"
	case int(stat.Uid) != os.Geteuid() && stat.Uid != 0:
		why = fmt.Sprintf("it belongs to user %d and not to %d, who runs this", stat.Uid, os.Geteuid())
	case stat.Mode&0o022 != 0:
		why = "others can write it (chmod 600 it once you know what is in it)"
	default:
		return f, nil
	}
	return nil, errors.Join(fmt.Errorf("%w: %s", ErrUnsafe, why), f.Close())
}
