package project

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
)

// lockName is the file whose lock a run holds, in the output directory.
const lockName = ".lock"

// outputLock is the right to write to an output directory. It is of two locks: one
// in the directory, for all who see it, and one in the user's cache. Others
// remove the directory in mid-run, as git clean does, and the lock in it then
// holds nobody off any more.
type outputLock struct {
	inner *os.File
	// outer is nil where there is no cache.
	outer     *os.File
	outerPath string
}

// lockOutput returns nothing if another process has the lock, and which.
func lockOutput(dir string) (lock *outputLock, holder string, err error) {
	l := &outputLock{}
	if l.outerPath, err = outerLock(dir); err == nil {
		// A cache that cannot be written is no reason to fail.
		l.outer, holder, err = tryLock(filepath.Dir(l.outerPath), filepath.Base(l.outerPath))
		if l.outer == nil && err == nil {
			return nil, holder, nil
		}
	}
	if l.inner, holder, err = tryLock(dir, lockName); l.inner == nil {
		return nil, holder, errors.Join(err, l.release())
	}
	return l, "", nil
}

// outerLock is the file in the user's cache that stands for a directory, which
// is there.
func outerLock(dir string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	locks := filepath.Join(cache, "cranekit", "locks")
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(locks, hex.EncodeToString(sum[:16])), os.MkdirAll(locks, 0o700)
}

// release lets others write. The file in the cache goes while it is locked:
// whoever waits for it looks whether it is still that.
func (l *outputLock) release() error {
	var errs []error
	if l.inner != nil {
		errs = append(errs, l.inner.Close())
	}
	if l.outer != nil {
		_ = os.Remove(l.outerPath) // Windows keeps it while it is open.
		errs = append(errs, l.outer.Close())
	}
	return errors.Join(errs...)
}

// tryLock takes the lock of a file in a directory. It returns nothing if another
// process has it, and which.
func tryLock(dir, name string) (lock *os.File, holder string, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	// No link leads out of the directory.
	f, err := root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, "", err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, "", errors.Join(fmt.Errorf("%s is no plain file: remove it", filepath.Join(dir, name)), err, f.Close())
	}
	taken, err := lockFile(f)
	if taken && err == nil {
		// Whoever had it can have removed it.
		at, statErr := root.Stat(name)
		if own, err := f.Stat(); err == nil && statErr == nil && os.SameFile(own, at) {
			return f, "", errors.Join(f.Truncate(0), writeAt(f, fmt.Sprint(os.Getpid())))
		}
	}
	pid, _ := io.ReadAll(io.LimitReader(f, 20))
	if digits.Match(pid) {
		holder = " (process " + string(pid) + ")"
	}
	return nil, holder, errors.Join(err, f.Close())
}

var digits = regexp.MustCompile(`^[0-9]+$`)

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}
