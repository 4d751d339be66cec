package repofs

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// lay makes a repository below a directory that it has no business in.
func lay(t *testing.T) (outside, repo string) {
	t.Helper()
	outside, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	repo = filepath.Join(outside, "repo")
	for name, text := range map[string]string{"secret": "hunter2", "repo/Cargo.toml": "here", "repo/a/lib.rs": "", "beside/Cargo.toml": "there"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(outside, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(outside, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{
		"inside": "Cargo.toml", "out": "../secret", "absolute": filepath.Join(outside, "secret"), "dir": "../beside", "up": "..",
		"circle": "circle", "dangling": "nowhere", "zero": "/dev/zero", "a/b": "../a",
	} {
		if err := os.Symlink(to, filepath.Join(repo, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(repo, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(touch(t, repo, "huge"), 1<<40); err != nil {
		t.Fatal(err)
	}
	return outside, repo
}

func touch(t *testing.T, dir, name string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// soon fails when something waits for ever.
func soon(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("it hangs")
	}
}

func TestReadFile(t *testing.T) {
	t.Parallel()
	_, repo := lay(t)
	const refused = "refused"
	for name, want := range map[string]struct{ untrusted, trusted string }{
		"Cargo.toml":           {"here", "here"},
		"inside":               {"here", "here"},
		"a/b/../../Cargo.toml": {refused, refused},
		"out":                  {refused, "hunter2"},
		"absolute":             {refused, "hunter2"},
		"dir/Cargo.toml":       {refused, "there"},
		"up/secret":            {refused, "hunter2"},
		"circle":               {refused, refused},
		"dangling":             {refused, refused},
		"zero":                 {refused, refused},
		"pipe":                 {refused, refused},
		"huge":                 {refused, refused},
		"a":                    {refused, refused},
	} {
		for trusted, want := range map[bool]string{false: want.untrusted, true: want.trusted} {
			fsys, err := Open(t.Context(), repo, trusted)
			if err != nil {
				t.Fatal(err)
			}
			defer fsys.Close()
			soon(t, func() {
				at := Name(repo) + "/" + name
				text, err := fs.ReadFile(fsys, at)
				opened := ""
				if file, err := fsys.Open(at); err == nil {
					if all, err := io.ReadAll(file); err == nil {
						opened = string(all)
					}
					file.Close()
				}
				switch {
				case want == refused && err == nil:
					t.Errorf("%s, trusted %v: read %q", name, trusted, text)
				case want != refused && (err != nil || string(text) != want || opened != want):
					t.Errorf("%s, trusted %v: read %q, opened %q (%v)", name, trusted, text, opened, err)
				}
			})
		}
	}
}

// TestOutside wants nothing to exist outside of the repository, and links to
// be told from what is not there.
func TestOutside(t *testing.T) {
	t.Parallel()
	outside, repo := lay(t)
	fsys, err := Open(t.Context(), repo, false)
	if err != nil {
		t.Fatal(err)
	}
	defer fsys.Close()
	for _, name := range []string{Name(outside), Name(outside) + "/secret", "etc/passwd", "."} {
		_, err := fsys.Stat(name)
		_, dirErr := fsys.ReadDir(name)
		_, linkErr := fsys.ReadLink(name)
		_, lstatErr := fsys.Lstat(name)
		for _, err := range []error{err, dirErr, linkErr, lstatErr} {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, name := range []string{"out", "absolute", "dir", "dir/Cargo.toml", "up/secret", "zero"} {
		_, err := fsys.Stat(path.Join(Name(repo), name))
		if !errors.Is(err, ErrEscapes) || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "--trust paths") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := fsys.ReadDir(path.Join(Name(repo), "dir")); !errors.Is(err, ErrEscapes) {
		t.Errorf("a directory: %v", err)
	}
	if to, err := fsys.ReadLink(path.Join(Name(repo), "out")); to != "../secret" || err != nil {
		t.Errorf("link to %q (%v)", to, err)
	}
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	_, repo := lay(t)
	ctx, cancel := context.WithCancel(t.Context())
	fsys, err := Open(ctx, repo, false)
	if err != nil {
		t.Fatal(err)
	}
	defer fsys.Close()
	cancel()
	if _, err := fsys.ReadFile(Name(repo) + "/Cargo.toml"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestReadRegular(t *testing.T) {
	t.Parallel()
	outside, repo := lay(t)
	if text, err := ReadRegular(filepath.Join(repo, "out"), 7); string(text) != "hunter2" || err != nil {
		t.Errorf("read %q (%v)", text, err)
	}
	for name, want := range map[string]string{"repo/zero": "device", "repo/pipe": "pipe", "repo/huge": "larger than", "repo": "directory", "secret": "larger than"} {
		soon(t, func() {
			if _, err := ReadRegular(filepath.Join(outside, name), 6); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		})
	}
}
