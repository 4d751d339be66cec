package project

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cranekit/cranekit/config"
)

// TestForgedResults: a repository can have a directory of results of its own.
// Links to devices took all memory, pipes held a run for ever.
func TestForgedResults(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{"the mark": outputMark, "the lock": lockName, "the summary": "summary.json"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if file != outputMark {
				if err := os.WriteFile(filepath.Join(dir, outputMark), []byte(markText), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(dir, "x"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
			forge := func(path string) error { return syscall.Mkfifo(path, 0o644) }
			if file == outputMark {
				forge = func(path string) error { return os.Symlink("/dev/zero", path) }
			}
			if err := forge(filepath.Join(dir, file)); err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				switch file {
				case outputMark:
					if _, err := CheckOutput(dir, t.TempDir()); err == nil {
						t.Error("a link to a device is taken for the mark")
					}
				case lockName:
					if lock, _, err := tryLock(dir, lockName); err == nil || lock != nil {
						t.Errorf("a pipe is locked: %v", err)
					}
				default:
					if dirs := (&Results{cfg: &config.Config{Output: dir}}).checkDirs(); len(dirs.before) > 0 {
						t.Errorf("found %q", dirs.before)
					}
				}
			}()
			select {
			case <-done:
			case <-time.After(20 * time.Second):
				t.Fatal("it does not end")
			}
		})
	}
}

// TestBlanks: a line of blanks in crane.yaml cost the square of its length.
func TestBlanks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, config.FileName), []byte("a: ["+strings.Repeat(" ", 1_000_000)), 0o644); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := config.Load(config.Options{Dir: dir})
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil || !strings.Contains(err.Error(), "[") {
			t.Errorf("an open bracket: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
}
