//go:build integration

package integration

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/embedded"
)

// lengthy is a workspace with a check that does nothing for long.
func lengthy(t *testing.T) *workspace {
	w := unpack(t, "reruns")
	w.write(t, "crane.yaml", "checks:\n  fmt:\n  wait: {kind: custom, run: [\"echo waiting; sleep 300\"]}\n")
	return w
}

// start runs cranekit in the background until it prints that it waits.
func start(t *testing.T, w *workspace) (cmd *exec.Cmd, stdout *bytes.Buffer) {
	t.Helper()
	return startUntil(t, w, 1)
}

// startUntil returns when so many checks wait.
func startUntil(t *testing.T, w *workspace, waiting int) (cmd *exec.Cmd, stdout *bytes.Buffer) {
	t.Helper()
	return startUntilText(t, w, " waiting\n", waiting)
}

// startUntilText returns when cranekit has printed a text so many times.
func startUntilText(t *testing.T, w *workspace, text string, times int) (cmd *exec.Cmd, stdout *bytes.Buffer) {
	t.Helper()
	cmd = w.command(t.Context(), "check", "--set", "common.env.CRANEKIT_NONCE="+w.nonce)
	stdout = &bytes.Buffer{}
	cmd.Stdout = stdout
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	buffer := make([]byte, 4096)
	for strings.Count(seen.String(), text) < times {
		n, err := stderr.Read(buffer)
		if err != nil {
			t.Fatalf("%v before %q was printed:\n%s", err, text, seen.String())
		}
		seen.Write(buffer[:n])
	}
	go func() {
		for err == nil {
			_, err = stderr.Read(buffer)
		}
	}()
	return cmd, stdout
}

func TestInterrupt(t *testing.T) {
	w := lengthy(t)
	cmd, stdout := start(t, w)
	began := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s to stop", took)
	}
	contains(t, stdout.String(), "canceled", "passed")

	w.edit(t, "crane.yaml", "sleep 300", "true")
	w.check(t).wants(t, 0)
}

func TestBuilderKilled(t *testing.T) {
	w := lengthy(t)
	// A builder of its own: others use the common one.
	w.state = newState(t)
	cmd, stdout := start(t, w)
	if err := syscall.Kill(builderOf(t, w.state).PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 75 {
		t.Errorf("exit code %d, want 75\n%s", code, stdout)
	}
	w.edit(t, "crane.yaml", "sleep 300", "true")
	w.check(t).wants(t, 0)
}

func TestUnreachable(t *testing.T) {
	w := unpack(t, "reruns")
	for _, address := range []string{"unix:///nonexistent.sock", "tcp://127.0.0.1:1"} {
		o := w.check(t, "--builder", address)
		o.wants(t, 75)
		contains(t, o.stderr, address)
	}
	w.check(t, "--builder", "carrier-pigeon://coop").wants(t, 2)

	// Crates cannot be fetched through a proxy that is not there.
	o := w.check(t, "clippy", "--set", "network.proxy=http://127.0.0.1:1", "--set", "common.env.CRANEKIT_PROXY="+w.nonce)
	o.wants(t, 75)
	if got := o.row(t, "clippy").Status; got != buildkit.StatusError {
		t.Errorf("clippy is %s, want error", got)
	}
}

// TestRemote reaches the builder by address, as somebody else's BuildKit.
func TestRemote(t *testing.T) {
	w := unpack(t, "reruns")
	w.check(t, "fmt", "--set", "checks.fmt.kind=fmt").wants(t, 0)
	state := builderOf(t, w.state)
	o := w.check(t, "fmt", "--set", "checks.fmt.kind=fmt", "--builder", state.Address)
	o.wants(t, 0)
	if !o.row(t, "fmt").Cached {
		t.Error("the same builder by its address did not know the check")
	}
	w.env = []string{"BUILDKIT_HOST=" + state.Address}
	o = w.check(t, "fmt", "--set", "checks.fmt.kind=fmt")
	o.wants(t, 0)
	if o.Builder.Name != state.Address {
		t.Errorf("the builder is %s, want %s", o.Builder.Name, state.Address)
	}
}

// TestOddFiles has files in the source that are not plain files, or are gone
// although git knows them.
func TestOddFiles(t *testing.T) {
	w := unpack(t, "reruns")
	if err := os.Symlink("nowhere", filepath.Join(w.dir, "dangling")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(w.dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.write(t, "gone.txt", "tracked, then deleted")
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}} {
		if out, err := exec.Command("git", append([]string{"-C", w.dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	if err := os.Remove(filepath.Join(w.dir, "gone.txt")); err != nil {
		t.Fatal(err)
	}
	w.check(t, "fmt", "--set", "checks.fmt.kind=fmt").wants(t, 0)
	if err := os.RemoveAll(filepath.Join(w.dir, ".git")); err != nil {
		t.Fatal(err)
	}
	w.check(t, "fmt", "--set", "checks.fmt.kind=fmt").wants(t, 0)
}

// TestDiskFull gives the builder a file system that is too small for the
// toolchain's image.
func TestDiskFull(t *testing.T) {
	w := unpack(t, "reruns")
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=200m"); err != nil {
		t.Fatal(err)
	}
	w.state = filepath.Join(small, "state")
	t.Cleanup(func() {
		if _, err := embedded.Stop(context.Background(), embedded.Options{StateDir: w.state}); err != nil {
			t.Error(err)
		}
		if err := syscall.Unmount(small, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	o := w.check(t, "fmt", "--set", "checks.fmt.kind=fmt")
	o.wants(t, 1)
	contains(t, o.stdout, "no space left on device")
}

// TestTogether starts several runs at once on one workspace: they share the
// builder and its work, and none spoils the results of another.
func TestTogether(t *testing.T) {
	w := unpack(t, "reruns")
	w.write(t, "crane.yaml", "common: {env: {CRANEKIT_TOGETHER: \""+w.nonce+"\"}}\nchecks:\n  clippy:\n  package:\n")
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			out, err := w.command(t.Context(), "check").CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	wg.Wait()
	o := w.check(t)
	o.wants(t, 0)
	if _, err := os.Stat(filepath.Join(w.dir, "result/package/bin/app")); err != nil {
		t.Error(err)
	}
}
