package project

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cranekit/cranekit/config"
)

// listed are the files below a directory but the mark and the lock.
func listed(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && name != outputMark && name != lockName {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func put(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		text := name
		if name == "summary.json" {
			text = `{"checks": [{"name": "clippy"}, {"name": "gone"}, {"name": "bin"}, {"name": "../x"}, {"name": ".previous"}]}`
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func outputOf(t *testing.T, checks ...string) *config.Config {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "result")
	cfg := &config.Config{Workspace: "/nonexistent", Output: dir, Results: dir}
	for _, name := range checks {
		cfg.Checks = append(cfg.Checks, config.Check{Name: name})
	}
	return cfg
}

// TestResultsAside: what is in the output directory after a run, this run has
// made, and what it has not made is out of the way.
func TestResultsAside(t *testing.T) {
	t.Parallel()
	before := []string{
		".clippy-123/half", ".previous/gone/log.txt", ".previous/package/log.txt", ".previous/tests/log.txt", ".summary.json-77",
		"app.oci/index.json", "bin/app", "clippy/log.txt", "cranekit.sarif", "gone/junit.xml", "notes.txt", "package/junit.xml", "summary.json", "summary.md",
	}
	for name, c := range map[string]struct {
		products       bool
		during, afters []string
	}{
		"check": {
			during: []string{".previous/clippy/log.txt", ".previous/package/junit.xml", ".previous/tests/log.txt", "app.oci/index.json", "bin/app", "notes.txt"},
			afters: []string{".previous/package/junit.xml", ".previous/tests/log.txt", "app.oci/index.json", "bin/app", "clippy/log.txt", "notes.txt"},
		},
		// A build does not know of all checks.
		"build": {
			products: true,
			during:   []string{".previous/clippy/log.txt", ".previous/gone/junit.xml", ".previous/package/junit.xml", ".previous/tests/log.txt", "app.oci/index.json", "notes.txt"},
			afters:   []string{".previous/gone/junit.xml", ".previous/package/junit.xml", ".previous/tests/log.txt", "app.oci/index.json", "clippy/log.txt", "notes.txt"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := outputOf(t, "clippy", "package", "tests")
			if err := claimOutput(cfg.Output, cfg.Workspace); err != nil {
				t.Fatal(err)
			}
			put(t, cfg.Output, before...)
			r, err := TakeResults(t.Context(), cfg, c.products, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			if got := listed(t, cfg.Output); !slices.Equal(got, c.during) {
				t.Errorf("during the run there are %q, want %q", got, c.during)
			}
			put(t, cfg.Output, "clippy/log.txt")
			if err := r.Release(); err != nil {
				t.Fatal(err)
			}
			if got := listed(t, cfg.Output); !slices.Equal(got, c.afters) {
				t.Errorf("after the run there are %q, want %q", got, c.afters)
			}
		})
	}
}

// TestResultsLinks has links where directories of cranekit's own are: nothing
// outside is touched.
func TestResultsLinks(t *testing.T) {
	t.Parallel()
	for _, name := range []string{PreviousDir, lockName, "clippy", "summary.json"} {
		cfg := outputOf(t, "clippy")
		if err := claimOutput(cfg.Output, cfg.Workspace); err != nil {
			t.Fatal(err)
		}
		outside := t.TempDir()
		put(t, outside, "clippy/log.txt", "file")
		if name != "clippy" {
			put(t, cfg.Output, "clippy/own.txt")
		}
		target := outside
		if name == lockName {
			target = filepath.Join(outside, "made")
		}
		if err := os.Symlink(target, filepath.Join(cfg.Output, name)); err != nil {
			t.Fatal(err)
		}
		r, err := TakeResults(t.Context(), cfg, false, io.Discard)
		if err == nil {
			err = r.Release()
		}
		if name == lockName && !isUsage(err) || name != lockName && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, want := listed(t, outside), []string{"clippy/log.txt", "file"}; !slices.Equal(got, want) {
			t.Errorf("%s: outside are %q", name, got)
		}
	}
}

// told hands on what is printed.
type told chan string

func (s told) Write(text []byte) (int, error) {
	s <- string(text)
	return len(text), nil
}

// TestResultsLock has a run wait for another that has the same output directory.
func TestResultsLock(t *testing.T) {
	t.Parallel()
	cfg := outputOf(t, "clippy")
	first, err := TakeResults(t.Context(), cfg, false, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	said, second := make(told, 9), make(chan error)
	go func() {
		r, err := TakeResults(t.Context(), cfg, false, said)
		if err == nil {
			err = r.Release()
		}
		second <- err
	}()
	if text := <-said; !strings.Contains(text, "another run (process ") || !strings.Contains(text, "--output DIR") {
		t.Errorf("the second run says %q", text)
	}
	select {
	case err := <-second:
		t.Fatalf("the second run did not wait: %v", err)
	case <-time.After(2 * lockPoll):
	}
	put(t, cfg.Output, "summary.json")
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancelCause(t.Context())
	first, err = TakeResults(t.Context(), cfg, false, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	errStopped := errors.New("stopped")
	cancel(errStopped)
	if _, err := TakeResults(ctx, cfg, false, io.Discard); !errors.Is(err, errStopped) {
		t.Errorf("a run that waits does not end: %v", err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
}

// TestResultsRemoved removes the output directory in mid-run, as git clean does:
// later runs take what is made again for cranekit's.
func TestResultsRemoved(t *testing.T) {
	t.Parallel()
	cfg := outputOf(t, "clippy")
	r, err := TakeResults(t.Context(), cfg, false, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(cfg.Output); err != nil {
		t.Fatal(err)
	}
	// Another run that begins now does not write there.
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 2*lockPoll)
		if _, err := TakeResults(ctx, cfg, false, io.Discard); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("another run has the directory: %v", err)
		}
		cancel()
		if err := os.RemoveAll(cfg.Output); err != nil {
			t.Fatal(err)
		}
	}
	put(t, cfg.Output, "clippy/log.txt")
	if err := errors.Join(r.Remark(), r.Release()); err != nil {
		t.Fatal(err)
	}
	if left, err := outerLock(cfg.Output); err != nil {
		t.Error(err)
	} else if _, err := os.Stat(left); err == nil {
		t.Errorf("the lock %s is left", left)
	}
	again, err := TakeResults(t.Context(), cfg, false, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Release(); err != nil {
		t.Fatal(err)
	}
}
