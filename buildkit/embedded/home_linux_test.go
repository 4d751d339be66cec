package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const nobody = 65534

// asRoot skips a test that gives files to another user.
func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
}

func mustDo(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// TestHome has directories that another user owns, can write or has left
// something in. Before they were looked at, all of them were taken.
func TestHome(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		root    bool
		prepare func(dir string) error
		want    string // "" if the directory is taken
	}{
		"new":             {prepare: func(string) error { return nil }},
		"own":             {prepare: func(dir string) error { return os.Mkdir(dir, 0o755) }},
		"own, behind own": {prepare: func(dir string) error { return errors.Join(os.Mkdir(dir+".real", 0o700), os.Symlink(dir+".real", dir)) }},
		"own, relative": {prepare: func(dir string) error {
			return errors.Join(os.Mkdir(dir+".real", 0o700), os.Symlink("../parent/./state.real", dir))
		}},
		"sticky parent": {prepare: func(dir string) error { return os.Chmod(filepath.Dir(dir), 0o777|os.ModeSticky) }},
		"written by all": {
			prepare: func(dir string) error { return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o777)) },
			want:    "it can be written by others (mode 0777): look for what is not yours in it, then chmod go-w ",
		},
		"written by the group": {
			prepare: func(dir string) error { return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o770)) },
			want:    "mode 0770",
		},
		"parent written by all": {
			prepare: func(dir string) error { return os.Chmod(filepath.Dir(dir), 0o777) },
			want:    "parent above it can be written by others (mode 0777): chmod go-w ",
		},
		"of another": {
			root:    true,
			prepare: func(dir string) error { return errors.Join(os.Mkdir(dir, 0o700), os.Chown(dir, nobody, -1)) },
			want:    "it belongs to nobody, not to root: choose another place with CRANEKIT_STATE_DIR",
		},
		"below another's": {
			root: true,
			prepare: func(dir string) error {
				return errors.Join(os.Mkdir(dir, 0o700), os.Chown(filepath.Dir(dir), nobody, -1))
			},
			want: "parent above it belongs to nobody",
		},
		"link of another": {
			root: true,
			prepare: func(dir string) error {
				return errors.Join(os.Mkdir(dir+".real", 0o700), os.Symlink(dir+".real", dir), os.Lchown(dir, nobody, -1))
			},
			want: "is a link of nobody",
		},
		"behind a link to another's": {
			root: true,
			prepare: func(dir string) error {
				return errors.Join(os.MkdirAll(dir+".x/state", 0o700), os.Chown(dir+".x", nobody, -1), os.Symlink(dir+".x/state", dir))
			},
			want: "state.x above it belongs to nobody",
		},
		"a link in it": {
			prepare: func(dir string) error {
				return errors.Join(os.Mkdir(dir, 0o700), os.Symlink("/etc", dir+"/runc-overlayfs"))
			},
			want: "runc-overlayfs is a link",
		},
		"a link below": {
			prepare: func(dir string) error {
				return errors.Join(os.MkdirAll(dir+"/runc-overlayfs", 0o700), os.Symlink("/etc", dir+"/runc-overlayfs/executor"))
			},
			want: "executor is a link",
		},
		"another's file in it": {
			root: true,
			prepare: func(dir string) error {
				return errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(dir+"/cache.db", nil, 0o600), os.Chown(dir+"/cache.db", nobody, -1))
			},
			want: "cache.db in it belongs to nobody",
		},
		"circle": {prepare: func(dir string) error { return os.Symlink(dir, dir) }, want: "too many levels of symbolic links"},
		"a file": {prepare: func(dir string) error { return os.WriteFile(dir, nil, 0o600) }, want: "not a directory"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.root {
				asRoot(t)
			}
			parent := filepath.Join(t.TempDir(), "parent")
			dir := filepath.Join(parent, "state")
			mustDo(t, os.Mkdir(parent, 0o700), test.prepare(dir))
			h, err := createHome(dir)
			if err == nil {
				defer h.Close()
			}
			switch {
			case test.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want %s", err, test.want)
			}
			if stat, statErr := os.Stat(dir); err == nil && (statErr != nil || stat.Mode().Perm() != 0o700) {
				t.Errorf("it is %v, %v", stat, statErr)
			}
		})
	}
}

// TestFilesOfTheHome has links where the builder appends to files.
func TestFilesOfTheHome(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h, err := createHome(dir)
	mustDo(t, err)
	defer h.Close()
	victim := filepath.Join(t.TempDir(), "victim")
	mustDo(t, os.WriteFile(victim, []byte("precious"), 0o600), os.Symlink(victim, logPath(dir)), os.Link(victim, filepath.Join(dir, "lock")))
	if _, err := h.openLog(); !errors.Is(err, ErrUnsafe) {
		t.Errorf("a log that is a link: %v", err)
	}
	if _, err := h.lock(); !errors.Is(err, ErrUnsafe) {
		t.Errorf("a lock that is another name: %v", err)
	}
	mustDo(t, os.Remove(logPath(dir)), unix.Mkfifo(logPath(dir), 0o600))
	if _, err := h.openLog(); !errors.Is(err, ErrUnsafe) {
		t.Errorf("a log that is a pipe: %v", err)
	}
}

// TestSweepStaysInside has links in the places that are swept.
func TestSweepStaysInside(t *testing.T) {
	t.Parallel()
	dir, victim := t.TempDir(), t.TempDir()
	for _, made := range []string{"executor/abc123", "buildkit-mount1"} {
		mustDo(t, os.MkdirAll(filepath.Join(victim, made), 0o700), os.WriteFile(filepath.Join(victim, made, "config.json"), nil, 0o600))
	}
	mustDo(t,
		os.MkdirAll(filepath.Join(dir, "tmp", "buildkit-mount2"), 0o700),
		os.Symlink(filepath.Join(victim, "buildkit-mount1"), filepath.Join(dir, "tmp", "buildkit-mount1")),
		os.MkdirAll(filepath.Join(dir, "runc-a", "executor", "-r"), 0o700), os.WriteFile(filepath.Join(dir, "runc-a", "executor", "-r", "config.json"), nil, 0o600),
		os.Mkdir(filepath.Join(dir, "runc-b"), 0o700),
	)
	h, err := createHome(dir)
	mustDo(t, err)
	defer h.Close()
	mustDo(t, os.Symlink(filepath.Join(victim, "executor"), filepath.Join(dir, "runc-b", "executor")))
	if err := h.sweep(t.Context(), "/bin/false"); err != nil {
		t.Errorf("a container was taken for the builder's: %v", err)
	}
	for _, kept := range []string{"executor/abc123/config.json", "buildkit-mount1/config.json"} {
		if _, err := os.Stat(filepath.Join(victim, kept)); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "tmp", "buildkit-mount2")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what is the builder's own is left: %v", err)
	}
}

// TestSignalGoesToTheBuilder has a lock that names a process which is none.
func TestSignalGoesToTheBuilder(t *testing.T) {
	t.Parallel()
	h, err := createHome(t.TempDir())
	mustDo(t, err)
	defer h.Close()
	lock, err := h.lock()
	mustDo(t, err)
	defer lock.Close()
	if err := lock.signal(os.Getppid(), unix.SIGCONT); !errors.Is(err, ErrUnsafe) {
		t.Errorf("another process: %v", err)
	}
	if err := lock.signal(os.Getpid(), unix.SIGCONT); err != nil {
		t.Errorf("the one that has the lock: %v", err)
	}
}
