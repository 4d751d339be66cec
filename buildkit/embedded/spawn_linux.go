package embedded

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const (
	maxLog = 8 << 20
	// tailLines of the log explain why a builder did not start.
	tailLines = 5
)

// command returns the process that serves the builder: this program again,
// detached from the terminal, as its command "builder serve".
func command(o Options, log *os.File) (*exec.Cmd, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start the embedded builder: %w", err)
	}
	args := []string{exe, "builder", "serve", "--state-dir", o.StateDir, "--idle-timeout", o.IdleTimeout.String()}
	if o.DiskLimit > 0 {
		args = append(args, "--disk-limit", strconv.FormatInt(o.DiskLimit, 10))
	}
	keepFiles()
	// Its own mount namespace: whatever it has mounted goes with it.
	attr := &syscall.SysProcAttr{Setsid: true, Unshareflags: syscall.CLONE_NEWNS}
	env := append(os.Environ(),
		"TMPDIR="+tempDir(o.StateDir),
		// A log of a step that says why it failed must not be clipped.
		"BUILDKIT_STEP_LOG_MAX_SIZE=67108864",
		"BUILDKIT_STEP_LOG_MAX_SPEED=-1",
	)
	if rootless() {
		attr.Unshareflags = 0 // rootlesskit makes the namespaces
		kit, err := rootlesskit(o.StateDir)
		if err != nil {
			return nil, err
		}
		args = append(kit, args...)
		env = append(env, "XDG_RUNTIME_DIR="+filepath.Join(o.StateDir, "run"))
	}
	return &exec.Cmd{Path: args[0], Args: args, Env: env, Dir: "/", Stdout: log, Stderr: log, SysProcAttr: attr}, nil
}

// rootlesskit returns the command that runs another one as the root of a user
// namespace.
func rootlesskit(stateDir string) ([]string, error) {
	exe, err := findProgram("rootlesskit")
	if err != nil {
		return nil, fmt.Errorf("start the embedded builder: %w", err)
	}
	// runc keeps the state of containers here; the system's place is not ours.
	if err := os.MkdirAll(filepath.Join(stateDir, "run"), 0o700); err != nil {
		return nil, fmt.Errorf("builder state directory: %w", err)
	}
	dir, err := socketDir(stateDir)
	if err != nil {
		return nil, err
	}
	return []string{exe, "--net=host", "--copy-up=/etc", "--state-dir=" + filepath.Join(dir, "rootlesskit")}, nil
}

// openLog opens the log for appending. Of a long one, one older file is kept.
func openLog(stateDir string) (*os.File, error) {
	path := logPath(stateDir)
	if stat, err := os.Stat(path); err == nil && stat.Size() > maxLog {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("builder log: %w", err)
		}
	}
	log, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
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
