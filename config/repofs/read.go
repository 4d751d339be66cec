package repofs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
)

// ReadRegular reads a plain file of the machine, which links may lead to, up
// to a size in bytes. A pipe is not waited for and a device not touched.
func ReadRegular(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err == nil {
		err = regular(info, name, limit)
	}
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(name, openFlags, 0)
	if err != nil {
		return nil, err
	}
	return readAll(file, name, limit)
}

// ReadWithin reads a plain file of the directory root, which links must not
// lead out of. Both paths are absolute.
func ReadWithin(root, name string, limit int64) ([]byte, error) {
	at, err := filepath.Rel(root, name)
	if err != nil {
		return nil, err
	}
	top, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer top.Close()
	info, err := top.Stat(at)
	if err == nil {
		err = regular(info, name, limit)
	}
	if err != nil {
		return nil, translate(err)
	}
	file, err := top.OpenFile(at, openFlags, 0)
	if err != nil {
		return nil, translate(err)
	}
	return readAll(file, name, limit)
}

// OpenWithin opens a plain file of any size in a root. Its name is relative.
func OpenWithin(root *os.Root, name string) (*os.File, error) {
	file, err := root.OpenFile(name, openFlags, 0)
	if err != nil {
		return nil, translate(err)
	}
	info, err := file.Stat()
	if err == nil {
		err = regular(info, name, math.MaxInt64)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// readAll reads a file that may have changed since it was looked at, and
// closes it.
func readAll(file *os.File, name string, limit int64) ([]byte, error) {
	defer file.Close()
	info, err := file.Stat()
	if err == nil {
		err = regular(info, name, limit)
	}
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = tooLarge(name, limit)
	}
	return text, err
}

func regular(info fs.FileInfo, name string, limit int64) error {
	switch {
	case info.IsDir():
		return &fs.PathError{Op: "read", Path: name, Err: errDirectory}
	case !info.Mode().IsRegular():
		return &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("not a plain file but a %s", kind(info.Mode()))}
	case info.Size() > limit:
		return tooLarge(name, limit)
	}
	return nil
}

func tooLarge(name string, limit int64) error {
	return &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("larger than %d KiB, more than any real one", limit>>10)}
}

func kind(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeDevice != 0:
		return "device"
	default:
		return "special file"
	}
}
