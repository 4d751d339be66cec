package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// slot is one byte of the lock file, locked on its own.
type slot int64

const (
	// serving is held by the builder from before it touches the state
	// directory until after it has let go of it.
	serving slot = iota
	// ready is held by the builder while the text of the lock file is its own
	// and its socket exists.
	ready
	// starting is held by the one client that starts a builder.
	starting
)

// maxAnnouncement bounds the text of the lock file.
const maxAnnouncement = 64 << 10

// lockFile is the lock of a state directory. The locks belong to the open
// file: they end with the process that opened it, however it ends.
type lockFile struct{ f *os.File }

// lock opens the lock of a state directory.
func (h home) lock() (lockFile, error) {
	f, err := h.openFile("lock", os.O_CREATE)
	if err != nil {
		return lockFile{}, fmt.Errorf("builder state directory: %w", err)
	}
	return lockFile{f}, nil
}

// Close releases every slot.
func (l lockFile) Close() error { return l.f.Close() }

// try takes a slot and reports whether it was free.
func (l lockFile) try(s slot) (bool, error) {
	err := l.fcntl(unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK, Start: int64(s), Len: 1})
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return false, nil
	}
	return err == nil, err
}

// release gives a slot back.
func (l lockFile) release(s slot) error {
	return l.fcntl(unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_UNLCK, Start: int64(s), Len: 1})
}

// held reports whether another open file has the slot, without taking it.
func (l lockFile) held(s slot) (bool, error) {
	region := unix.Flock_t{Type: unix.F_WRLCK, Start: int64(s), Len: 1}
	err := l.fcntl(unix.F_OFD_GETLK, &region)
	return err == nil && region.Type != unix.F_UNLCK, err
}

func (l lockFile) fcntl(cmd int, region *unix.Flock_t) error {
	if err := unix.FcntlFlock(l.f.Fd(), cmd, region); err != nil {
		return fmt.Errorf("lock %s: %w", l.f.Name(), err)
	}
	return nil
}

// announce writes what the holder of serving has to say and takes ready.
func (l lockFile) announce(info Info) error {
	text, err := json.Marshal(info)
	if err != nil {
		return err
	}
	if err := l.f.Truncate(0); err != nil {
		return fmt.Errorf("write the builder's lock: %w", err)
	}
	if _, err := l.f.WriteAt(text, 0); err != nil {
		return fmt.Errorf("write the builder's lock: %w", err)
	}
	_, err = l.try(ready)
	return err
}

// builder returns what the running builder announced, nil if none is ready.
func (l lockFile) builder() (*Info, error) {
	if ok, err := l.held(ready); !ok || err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.NewSectionReader(l.f, 0, maxAnnouncement))
	if err != nil {
		return nil, fmt.Errorf("read the builder's lock: %w", err)
	}
	info := new(Info)
	if json.Unmarshal(text, info) != nil {
		// The builder went away in between and the next one is writing: none is
		// ready.
		return nil, nil
	}
	return info, nil
}

// poll calls done every few milliseconds until it reports true or an error,
// or ctx ends. A lock can't be waited for together with a context.
func poll(ctx context.Context, done func() (bool, error)) error {
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// gone reports whether nobody serves the state directory.
func (l lockFile) gone() (bool, error) {
	held, err := l.held(serving)
	return !held, err
}
