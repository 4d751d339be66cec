//go:build integration

package integration

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/cranekit/cranekit/buildkit/embedded"
)

// TestKilledEarly kills the builder at moments of the first run, while it copies
// the toolchain from an OCI layout and unpacks it. The next run is green:
// what was copied by half was in the way for ever.
func TestKilledEarly(t *testing.T) {
	w := unpack(t, "reruns")
	args := []string{"fmt", "--set", "checks.fmt.kind=fmt"}
	for _, ms := range []int{0, 200, 400, 600, 900, 1200, 1600, 2000} {
		after := time.Duration(ms) * time.Millisecond
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			w.state = newState(t)
			cmd := w.command(t.Context(), append([]string{"check"}, args...)...)
			cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			pid := awaitBuilder(t, w.state)
			time.Sleep(after)
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			w.check(t, args...).wants(t, 0)
			halves, err := filepath.Glob(filepath.Join(w.state, "runc-*", "content", "ingest", "*"))
			if err != nil || len(halves) > 0 {
				t.Errorf("left of the copies: %q, %v", halves, err)
			}
		})
	}
}

// awaitBuilder waits for the builder of a state directory.
func awaitBuilder(t *testing.T, state string) (pid int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if s, err := embedded.Status(ctx, embedded.Options{StateDir: state}); err == nil && s.Running {
			return s.PID
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("no builder came")
	return 0
}
