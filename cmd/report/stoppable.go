package report

import (
	"fmt"
	"io/fs"

	"github.com/cranekit/cranekit/llb"
)

// maxFile is the longest of a check's files that is read whole. Cargo's messages
// and logs, which are read as they come, may be longer.
const maxFile = 64 << 20

// stoppable are files that are read until somebody wants an end.
type stoppable struct {
	fs.FS
	stop func() error
}

// Open opens a file. Of those that a script leaves, none is long.
func (s stoppable) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() && info.Size() > maxFile && name != llb.MessagesFile && name != llb.LogFile {
		err = fmt.Errorf("longer than %d MiB", maxFile>>20)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return stoppableFile{f, s.stop}, nil
}

// ReadDir reads a directory.
func (s stoppable) ReadDir(name string) ([]fs.DirEntry, error) {
	if s.stop != nil {
		if err := s.stop(); err != nil {
			return nil, err
		}
	}
	return fs.ReadDir(s.FS, name)
}

type stoppableFile struct {
	fs.File
	stop func() error
}

// Read reads a part, unless there is to be an end.
func (f stoppableFile) Read(p []byte) (int, error) {
	if f.stop != nil {
		if err := f.stop(); err != nil {
			return 0, err
		}
	}
	return f.File.Read(p)
}
