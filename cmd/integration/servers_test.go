//go:build integration

package integration

import (
	"net"
	"testing"
	"time"

	"github.com/cranekit/cranekit/buildkit/embedded"
)

// freePort is a port of loopback that nothing listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// listening waits until something listens on an address.
func listening(t *testing.T, network, address string, within time.Duration) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial(network, address)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Since(began) > within {
			t.Fatal(err)
		}
	}
}

// builderOf is the embedded builder of a state directory.
func builderOf(t *testing.T, stateDir string) embedded.State {
	t.Helper()
	state, err := embedded.Status(t.Context(), embedded.Options{StateDir: stateDir})
	if err != nil {
		t.Fatal(err)
	}
	return state
}
