// Package buildkittest gives tests a BuildKit of their own.
package buildkittest

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/cranekit/cranekit/buildkit/embedded"
)

const startTimeout = 30 * time.Second

// Start runs a private embedded builder in this process until the test ends
// and returns its address. The test is skipped where none can run.
func Start(tb testing.TB) (address string) {
	tb.Helper()
	if err := embedded.Preflight(); err != nil {
		tb.Skip(err)
	}
	if os.Geteuid() != 0 {
		tb.Skip("a builder in the process of the test needs root")
	}
	o := embedded.Options{StateDir: filepath.Join(tb.TempDir(), "builder"), IdleTimeout: -1}
	logTo(tb, filepath.Join(filepath.Dir(o.StateDir), "log"))

	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	done := make(chan error, 1)
	go func() { done <- embedded.Serve(ctx, o) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			tb.Errorf("builder: %v", err)
		}
	})
	return await(tb, o, done)
}

// await returns the address of the builder once it is ready.
func await(tb testing.TB, o embedded.Options, done chan error) string {
	tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(startTimeout)
	for {
		state, err := embedded.Status(tb.Context(), o)
		if state.Running && err == nil {
			return state.Address
		}
		select {
		case err := <-done:
			done <- nil // for the cleanup, which waits too
			tb.Fatalf("start a builder: %v", err)
		case <-timeout:
			tb.Fatalf("start a builder: not ready after %s: %v", startTimeout, err)
		case <-tick.C:
		}
	}
}

// logTo moves BuildKit's log, which is one for the whole process, out of the
// way and shows it if the test fails.
func logTo(tb testing.TB, path string) {
	tb.Helper()
	log, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	before := logrus.StandardLogger().Out
	logrus.SetOutput(log)
	tb.Cleanup(func() {
		logrus.SetOutput(before)
		if text, err := os.ReadFile(path); err == nil && tb.Failed() {
			tb.Logf("log of the builder:\n%s", text)
		}
		if err := log.Close(); err != nil {
			tb.Error(err)
		}
	})
}
