// Package embedded runs BuildKit itself, compiled into this binary, as a
// background process of cranekit's own: started on demand, shared by every
// cranekit of one user, gone when nobody used it for a while.
//
// All it knows lives in one state directory. A lock file there names the
// process that serves it; the kernel drops the lock when that process dies,
// so nothing stale can be mistaken for a running builder.
package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// DefaultIdleTimeout is how long a builder without clients stays.
const DefaultIdleTimeout = 15 * time.Minute

// ErrUnsupported is returned by everything here on systems other than Linux.
var ErrUnsupported = errors.New("the embedded builder needs Linux: use --builder ADDRESS or BUILDKIT_HOST")

// ErrUnsafe is returned where another user can change what a builder keeps, or
// has left something there.
var ErrUnsafe = errors.New("not safe to use")

// ErrRunning is returned by [Serve] when the state directory is already served.
var ErrRunning = errors.New("a builder is already running")

// Options say where a builder lives and how it behaves. The zero value is the
// builder of the current user with defaults.
type Options struct {
	// StateDir holds caches, databases, the log, the lock and the socket. The
	// default is $CRANEKIT_STATE_DIR, then /var/lib/cranekit/builder for root
	// and cranekit/builder in the user's state directory for others.
	StateDir string
	// IdleTimeout is how long the builder stays without clients. Zero means
	// [DefaultIdleTimeout], a negative value for ever.
	IdleTimeout time.Duration
	// DiskLimit is the number of bytes that caches may occupy. Zero means a
	// fifth of the disk, but not less than 10 GB.
	DiskLimit int64
}

// Info is what a running builder says about itself.
type Info struct {
	PID     int    `json:"pid"`
	Address string `json:"address"`
	// Version is that of BuildKit.
	Version string `json:"version"`
	// Build identifies the binary that runs.
	Build       string    `json:"build"`
	Started     time.Time `json:"started"`
	Runtime     string    `json:"runtime"`
	Snapshotter string    `json:"snapshotter"`
	Rootless    bool      `json:"rootless"`
	DiskLimit   int64     `json:"disk_limit"`
	// Lost is what had to be dropped because a crash of the machine had left it
	// in pieces.
	Lost string `json:"lost,omitempty"`
}

// State is what [Status] finds. Without a running builder only StateDir and
// Log are set.
type State struct {
	Info
	Running  bool
	StateDir string
	Log      string
	// DiskUsed is the number of bytes that caches occupy.
	DiskUsed int64
	// Clients are the processes that use the builder.
	Clients []Client
}

// Client is a process that uses a builder.
type Client struct {
	PID int
	// Dir is where it works and Command its command line, "" where the system
	// does not tell.
	Dir, Command string
}

// String says who the client is, for people.
func (c Client) String() string {
	text := fmt.Sprintf("pid %d", c.PID)
	if c.Command != "" {
		text += " (" + c.Command + ")"
	}
	if c.Dir != "" {
		text += " in " + c.Dir
	}
	return text
}

// BusyError is returned by [StopIdle] for a builder that others use.
type BusyError struct{ Clients []Client }

// Error names those who use the builder.
func (e *BusyError) Error() string {
	lines := []string{"the builder is in use:"}
	for _, c := range e.Clients {
		lines = append(lines, "  "+c.String())
	}
	return strings.Join(append(lines, "wait for them, or end them too with --force"), "\n")
}

// withDefaults fills what is unset.
func (o Options) withDefaults() (Options, error) {
	if o.IdleTimeout == 0 {
		o.IdleTimeout = DefaultIdleTimeout
	}
	if o.StateDir == "" {
		dir, err := defaultStateDir(os.Geteuid(), os.Getenv)
		if err != nil {
			return o, err
		}
		o.StateDir = dir
	}
	dir, err := filepath.Abs(o.StateDir)
	if err != nil {
		return o, fmt.Errorf("builder state directory: %w", err)
	}
	o.StateDir = dir
	return o, nil
}

func defaultStateDir(uid int, getenv func(string) string) (string, error) {
	if dir := getenv("CRANEKIT_STATE_DIR"); dir != "" {
		return dir, nil
	}
	if uid == 0 {
		return "/var/lib/cranekit/builder", nil
	}
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "cranekit", "builder"), nil
	}
	if home := getenv("HOME"); home != "" {
		return filepath.Join(home, ".local", "state", "cranekit", "builder"), nil
	}
	return "", errors.New("no place for the builder's state: set CRANEKIT_STATE_DIR or HOME")
}

const logName = "builder.log"

func logPath(stateDir string) string { return filepath.Join(stateDir, logName) }
