package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
)

// TestHostileGit plans and starts on workspaces whose git directory runs programs.
func TestHostileGit(t *testing.T) {
	t.Parallel()
	cmdtest.HostileGit(t, func(t *testing.T, at string) {
		t.Helper()
		if out, err := command(t, at, "plan"); err != nil {
			t.Errorf("plan: %v\n%s", err, out)
		}
		if out, err := command(t, at, "init", "--stdout"); err != nil {
			t.Errorf("init: %v\n%s", err, out)
		}
	})
}

// TestUnreadableRepository wants an error, with exit code 2, where git cannot
// tell what is private.
func TestUnreadableRepository(t *testing.T) {
	t.Parallel()
	dir := cmdtest.RealDir(t)
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	cmdtest.WriteTree(t, dir, map[string]string{".git/HEAD": "nonsense"})
	for _, verb := range []string{"plan", "init"} {
		if out, err := command(t, dir, verb); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "git repository in "+dir) {
			t.Errorf("%s: %v\n%s", verb, err, out)
		}
	}
}

// TestOddInputs has things that are not plain files of a sane size where the
// program reads one.
func TestOddInputs(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"crane.yaml", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo/config.toml"} {
		for kind, place := range map[string]func(at string) error{
			"pipe":    func(at string) error { return syscall.Mkfifo(at, 0o644) },
			"endless": func(at string) error { return os.Symlink("/dev/zero", at) },
			"huge": func(at string) error {
				if err := os.WriteFile(at, nil, 0o644); err != nil {
					return err
				}
				return os.Truncate(at, 1<<40)
			},
			"secret": func(at string) error { return os.Symlink("/etc/passwd", at) },
		} {
			t.Run(kind+" as "+name, func(t *testing.T) {
				t.Parallel()
				dir := cmdtest.RealDir(t)
				cmdtest.WriteTree(t, dir, cmdtest.Single())
				at := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
					t.Fatal(err)
				}
				_ = os.Remove(at) // where it is there
				if err := place(at); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				out, err := command(t, dir, "plan")
				if exitCode(err) != exitUsage || !strings.Contains(err.Error(), filepath.Base(name)) || strings.Contains(out+err.Error(), "root:") {
					t.Errorf("error %v\n%s", err, out)
				}
				if took := time.Since(began); took > 30*time.Second {
					t.Errorf("it took %s", took)
				}
			})
		}
	}
}

// TestInitThroughLinks wants init to write nothing outside of the repository.
func TestInitThroughLinks(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{".github": {"--ci", "github"}, "crane.yaml": {"--force"}} {
		dir, outside := cmdtest.RealDir(t), cmdtest.RealDir(t)
		cmdtest.WriteTree(t, dir, cmdtest.Single())
		cmdtest.Git(t, dir, "init", "-q")
		to := outside
		if name == "crane.yaml" {
			to = filepath.Join(outside, "new.yaml")
		}
		cmdtest.Symlink(t, to, filepath.Join(dir, name))
		// A directory is gone through, and a file is replaced.
		if out, err := command(t, dir, append([]string{"init"}, args...)...); (err == nil) != (name == "crane.yaml") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if left, err := os.ReadDir(outside); err != nil || len(left) > 0 {
			t.Errorf("%s: made %v (%v)", name, left, err)
		}
	}
}
