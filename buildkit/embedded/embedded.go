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
	"time"
)

// DefaultIdleTimeout is how long a builder without clients stays.
const DefaultIdleTimeout = 15 * time.Minute

// ErrUnsupported is returned by everything here on systems other than Linux.
var ErrUnsupported = errors.New("the embedded builder needs Linux: use --builder ADDRESS or BUILDKIT_HOST")

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

func logPath(stateDir string) string { return filepath.Join(stateDir, "builder.log") }
