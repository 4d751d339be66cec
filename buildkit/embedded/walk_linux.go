package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/moby/sys/userns"
	"golang.org/x/sys/unix"
)

const (
	// othersWrite are the permissions that nobody but the owner may have.
	othersWrite = unix.S_IWGRP | unix.S_IWOTH
	// maxLinks is how many links a path may have, as for the kernel.
	maxLinks = 40
	// overflowUID is who owns what has no owner in a user namespace.
	overflowUID = 65534
)

// unsafe returns an error that is [ErrUnsafe].
func unsafe(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrUnsafe, fmt.Errorf(format, args...))
}

// walk opens the directory path, going down from / by descriptors, and refuses
// a path that another user can lead elsewhere. Links of the user's own and of
// root are followed, and what is behind them is looked at in the same way.
func walk(path string, create bool) (*os.File, error) {
	at, err := os.Open("/")
	if err != nil {
		return nil, err
	}
	rest := strings.Split(path, "/")
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		if name == "" || name == "." {
			continue
		}
		next, target, err := step(at, name, create)
		if err != nil {
			return nil, errors.Join(err, at.Close())
		}
		if target == "" {
			_ = at.Close() // it was only looked at
			at = next
			continue
		}
		if links++; links > maxLinks {
			return nil, errors.Join(&fs.PathError{Op: "open", Path: path, Err: unix.ELOOP}, at.Close())
		}
		rest = slices.Concat(strings.Split(target, "/"), rest)
		if filepath.IsAbs(target) {
			_ = at.Close()
			if at, err = os.Open("/"); err != nil {
				return nil, err
			}
		}
	}
	if err := private(at); err != nil {
		return nil, errors.Join(err, at.Close())
	}
	return at, nil
}

// step opens the entry name of a directory, or returns where it leads if it is
// a link.
func step(at *os.File, name string, create bool) (next *os.File, target string, err error) {
	path := filepath.Join(at.Name(), name)
	if err := holds(at); err != nil {
		return nil, "", err
	}
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(int(at.Fd()), name, flags, 0)
	if errors.Is(err, unix.EACCES) { // a directory that one may go through only
		fd, err = unix.Openat(int(at.Fd()), name, flags|unix.O_PATH, 0)
	}
	if errors.Is(err, unix.ENOENT) && create {
		if err := unix.Mkdirat(int(at.Fd()), name, 0o700); err != nil && !errors.Is(err, unix.EEXIST) {
			return nil, "", &fs.PathError{Op: "mkdir", Path: path, Err: err}
		}
		fd, err = unix.Openat(int(at.Fd()), name, flags, 0)
	}
	switch {
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.ENOTDIR):
		return link(at, name)
	case err != nil:
		return nil, "", &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), "", nil
}

// link reads the link name of a directory. In one that everybody may write to,
// such as /tmp, it can be anybody's.
func link(at *os.File, name string) (next *os.File, target string, err error) {
	path := filepath.Join(at.Name(), name)
	var stat unix.Stat_t
	if err := unix.Fstatat(int(at.Fd()), name, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return nil, "", &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFLNK {
		return nil, "", &fs.PathError{Op: "open", Path: path, Err: unix.ENOTDIR}
	}
	if !trusted(int(stat.Uid)) {
		return nil, "", unsafe("%s is a link of %s: %s", path, userName(int(stat.Uid)), elsewhere)
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(int(at.Fd()), name, buf)
	if err != nil {
		return nil, "", &fs.PathError{Op: "readlink", Path: path, Err: err}
	}
	return nil, string(buf[:n]), nil
}

// elsewhere is what a user can do about a place that is not theirs.
const elsewhere = "choose another place with CRANEKIT_STATE_DIR"

// holds reports whether other users can't replace the entries of a directory
// that belong to this one.
func holds(dir *os.File) error {
	var stat unix.Stat_t
	if err := unix.Fstat(int(dir.Fd()), &stat); err != nil {
		return err
	}
	uid, gid := int(stat.Uid), int(stat.Gid)
	if !trusted(uid) && !(uid == overflowUID && userns.RunningInUserNS()) {
		return unsafe("%s above it belongs to %s: %s", dir.Name(), userName(uid), elsewhere)
	}
	write := stat.Mode & othersWrite
	// The group of root, and one that a user has for themselves, as many
	// systems make them.
	if gid == 0 || gid == os.Getegid() && gid == os.Geteuid() {
		write &^= unix.S_IWGRP
	}
	if write != 0 && stat.Mode&unix.S_ISVTX == 0 {
		return unsafe("%s above it can be written by others (mode %04o): chmod go-w %[1]s, or %[3]s", dir.Name(), stat.Mode&0o7777, elsewhere)
	}
	return nil
}

// private reports whether a directory is this user's alone.
func private(dir *os.File) error {
	var stat unix.Stat_t
	if err := unix.Fstat(int(dir.Fd()), &stat); err != nil {
		return err
	}
	if int(stat.Uid) != os.Geteuid() {
		return unsafe("it belongs to %s, not to %s: %s", userName(int(stat.Uid)), userName(os.Geteuid()), elsewhere)
	}
	if stat.Mode&othersWrite != 0 {
		return unsafe("it can be written by others (mode %04o): look for what is not yours in it, then chmod go-w %s", stat.Mode&0o7777, dir.Name())
	}
	return nil
}

func trusted(uid int) bool { return uid == 0 || uid == os.Geteuid() }

func owner(info fs.FileInfo) int {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return -1
	}
	return int(stat.Uid)
}

// userName is a user for people.
func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return "uid " + strconv.Itoa(uid)
}
