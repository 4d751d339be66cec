package hostile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Seen is what the kernel saw of a process and its children.
type Seen struct {
	// Opened, Written and Executed are the absolute paths of files and, for
	// Opened, directories.
	Opened, Written, Executed []string
	// Output is what was printed, Err how it ended.
	Output string
	Err    string
	// Took is in seconds, Memory the greatest size of the process in bytes.
	Took   float64
	Memory int64
}

// tooLong is the time after which a command counts as one that hangs.
const tooLong = factor * 30 * time.Second

// MaxMemory is what a command may take in bytes, and twice that ends it.
const MaxMemory = factor << 30

// Watch runs a command and lets the kernel record what it opens below dir,
// which is mounted over itself for that. It needs root and a mount namespace of
// its own: the mount is left to that namespace.
func Watch(dir string, c *exec.Cmd) (*Seen, error) {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return nil, fmt.Errorf("making mounts private: %w", err)
	}
	if err := unix.Mount(dir, dir, "", unix.MS_BIND, ""); err != nil {
		return nil, fmt.Errorf("mounting %s over itself: %w", dir, err)
	}
	fd, err := unix.FanotifyInit(unix.FAN_CLASS_NOTIF|unix.FAN_CLOEXEC|unix.FAN_NONBLOCK|unix.FAN_UNLIMITED_QUEUE, unix.O_RDONLY|unix.O_LARGEFILE|unix.O_CLOEXEC|unix.O_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("asking the kernel for events: %w", err)
	}
	defer unix.Close(fd)
	mask := uint64(unix.FAN_OPEN | unix.FAN_OPEN_EXEC | unix.FAN_MODIFY | unix.FAN_ONDIR)
	if err := unix.FanotifyMark(fd, unix.FAN_MARK_ADD|unix.FAN_MARK_MOUNT, mask, unix.AT_FDCWD, dir); err != nil {
		return nil, fmt.Errorf("asking for events of %s: %w", dir, err)
	}
	w := &watcher{fd: fd, seen: &Seen{}}
	return w.seen, w.run(c)
}

type watcher struct {
	fd   int
	seen *Seen
}

func (w *watcher) run(c *exec.Cmd) error {
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	c.WaitDelay = time.Second
	began := time.Now()
	if err := c.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	timer := time.NewTimer(tooLong)
	defer timer.Stop()
	for done := false; !done; {
		select {
		case err := <-ended:
			done = true
			if err != nil && w.seen.Err == "" {
				w.seen.Err = err.Error()
			}
		case <-timer.C:
			w.seen.Err = "it hangs"
			_ = c.Process.Kill()
		case <-time.After(5 * time.Millisecond):
			if resident(c.Process.Pid) > 2*MaxMemory {
				w.seen.Err = "it takes all memory"
				_ = c.Process.Kill()
			}
		}
		if err := w.drain(); err != nil {
			return err
		}
	}
	w.seen.Took, w.seen.Output = time.Since(began).Seconds(), out.String()
	if usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		w.seen.Memory = usage.Maxrss << 10
	}
	return nil
}

// resident is the memory of a process in bytes, 0 where it has ended.
func resident(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// drain reads the events that there are.
func (w *watcher) drain() error {
	buf := make([]byte, 64<<10)
	for {
		n, err := unix.Read(w.fd, buf)
		if errors.Is(err, unix.EAGAIN) || n == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the kernel's events: %w", err)
		}
		for rest := buf[:n]; len(rest) >= 24; {
			size := binary.NativeEndian.Uint32(rest)
			w.event(binary.NativeEndian.Uint64(rest[8:]), int(int32(binary.NativeEndian.Uint32(rest[16:]))))
			rest = rest[size:]
		}
	}
}

func (w *watcher) event(mask uint64, fd int) {
	if fd < 0 {
		return
	}
	defer unix.Close(fd)
	name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	if err != nil {
		return
	}
	name = strings.TrimSuffix(name, " (deleted)")
	for flag, list := range map[uint64]*[]string{unix.FAN_OPEN: &w.seen.Opened, unix.FAN_MODIFY: &w.seen.Written, unix.FAN_OPEN_EXEC: &w.seen.Executed} {
		if mask&flag != 0 {
			*list = append(*list, name)
		}
	}
}
