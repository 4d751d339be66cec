// Package buildkittest gives tests a BuildKit of their own.
package buildkittest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/cranekit/cranekit/buildkit/embedded"
)

// Main is the TestMain of packages that call [Start]: the builder is a process
// of its own, the test binary once more. In the process of the tests two
// builders would race for BuildKit's global logger.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run is [Main] for packages that have something to do before or after the
// tests. It returns the exit code.
func Run(m *testing.M) int {
	if len(os.Args) < 3 || os.Args[1] != "builder" || os.Args[2] != "serve" {
		return m.Run()
	}
	if err := serve(os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// serve is the command that [embedded.Ensure] starts.
func serve(args []string) error {
	var o embedded.Options
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.StringVar(&o.StateDir, "state-dir", "", "")
	flags.DurationVar(&o.IdleTimeout, "idle-timeout", 0, "")
	flags.Int64Var(&o.DiskLimit, "disk-limit", 0, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	return embedded.Serve(ctx, o)
}

// Start runs a private embedded builder until the test ends and returns its
// address, unix://STATE/buildkit.sock. The package needs [Main] as its
// TestMain. Without what a builder needs the test fails, on systems other than
// Linux it is skipped.
func Start(tb testing.TB) (address string) {
	tb.Helper()
	if err := embedded.Preflight(); errors.Is(err, embedded.ErrUnsupported) {
		tb.Skip(err)
	} else if err != nil {
		tb.Fatalf("%v (make test installs what is missing)", err)
	}
	o := embedded.Options{StateDir: filepath.Join(tb.TempDir(), "builder"), IdleTimeout: -1}
	tb.Cleanup(func() {
		if _, err := embedded.Stop(context.Background(), o); err != nil {
			tb.Errorf("stop the builder: %v", err)
		}
		if state, err := embedded.Status(context.Background(), o); err == nil && tb.Failed() {
			text, _ := os.ReadFile(state.Log)
			tb.Logf("log of the builder:\n%s", text)
		}
	})
	address, _, err := embedded.Ensure(tb.Context(), o)
	if err != nil {
		tb.Fatalf("start a builder: %v", err)
	}
	return address
}
