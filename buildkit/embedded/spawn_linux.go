package embedded

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	maxLog = 8 << 20
	// tailLines of the log explain why a builder did not start.
	tailLines = 5
)

// command returns the process that serves the builder: this program again,
// detached from the terminal, as its command "builder serve".
func command(o Options, h home, log *os.File) (*exec.Cmd, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start the embedded builder: %w", err)
	}
	args := []string{exe, "builder", "serve", "--state-dir", o.StateDir, "--idle-timeout", o.IdleTimeout.String()}
	if o.DiskLimit > 0 {
		args = append(args, "--disk-limit", strconv.FormatInt(o.DiskLimit, 10))
	}
	// What this process inherited, a lock of flock(1) or the pipe of a CI
	// system, is not for one that stays. Kernels before 5.11 lack this.
	_ = unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
	// Its own mount namespace: whatever it has mounted goes with it.
	attr := &syscall.SysProcAttr{Setsid: true, Unshareflags: syscall.CLONE_NEWNS}
	if rootless() {
		attr.Unshareflags = 0 // rootlesskit makes the namespaces
		kit, err := rootlesskit(h)
		if err != nil {
			return nil, err
		}
		args = append(kit, args...)
	}
	env := environment(os.Environ(), o.StateDir)
	return &exec.Cmd{Path: args[0], Args: args, Env: env, Dir: "/", Stdout: log, Stderr: log, SysProcAttr: attr}, nil
}

// rootlesskit returns the command that runs another one as the root of a user
// namespace.
func rootlesskit(h home) ([]string, error) {
	exe, err := findProgram("rootlesskit")
	if err != nil {
		return nil, fmt.Errorf("start the embedded builder: %w", err)
	}
	// runc keeps the state of containers here; the system's place is not ours.
	if err := h.mkdir("run"); err != nil {
		return nil, err
	}
	dir, err := socketDir(h.path)
	if err != nil {
		return nil, err
	}
	return []string{exe, "--net=host", "--copy-up=/etc", "--state-dir=" + filepath.Join(dir, "rootlesskit")}, nil
}

// openLog opens the log for appending. Of a long one, one older file is kept.
func (h home) openLog() (*os.File, error) {
	if stat, err := h.root.Lstat(logName); err == nil && stat.Size() > maxLog {
		if err := h.root.Rename(logName, logName+".1"); err != nil {
			return nil, fmt.Errorf("builder log: %w", err)
		}
	}
	log, err := h.openFile(logName, os.O_CREATE|os.O_APPEND)
	if err != nil {
		return nil, fmt.Errorf("builder log: %w", err)
	}
	return log, nil
}

// tail returns the last lines of a log that were written after offset from.
func tail(log io.ReaderAt, from int64) error {
	text, err := io.ReadAll(io.NewSectionReader(log, from, maxLog))
	if err != nil {
		return fmt.Errorf("builder log: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return errors.New(strings.Join(lines[max(0, len(lines)-tailLines):], "\n"))
}
