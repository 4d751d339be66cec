package embedded

import (
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"
)

func newTestGate(t *testing.T, idle time.Duration) (g *gate, dial func() net.Conn) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	g = newGate(listener, idle, time.Hour)
	t.Cleanup(func() { _ = g.Close() })
	return g, func() net.Conn {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
}

func TestGateClosesWhenIdle(t *testing.T) {
	t.Parallel()
	g, dial := newTestGate(t, 50*time.Millisecond)
	client := dial()
	defer client.Close()
	server, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	g.expire() // as if the timer had fired just when the client came
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept after the last client: %v", err)
	}
}

func TestGateDropsWhoComesTooLate(t *testing.T) {
	t.Parallel()
	g, dial := newTestGate(t, -1)
	client := dial()
	defer client.Close()
	g.mu.Lock()
	g.closed = true // the listener has taken the client in, the gate has not
	g.mu.Unlock()
	if _, err := g.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept: %v", err)
	}
	if _, err := client.Read(make([]byte, 1)); err == nil {
		t.Error("the client was not dropped")
	}
}

func TestGateRetires(t *testing.T) {
	t.Parallel()
	g, dial := newTestGate(t, -1)
	client := dial()
	defer client.Close()
	server, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	g.retire()
	again := dial()
	defer again.Close()
	second, err := g.Accept()
	if err != nil {
		t.Fatalf("a gate that retires turned a client away: %v", err)
	}
	for _, conn := range []net.Conn{server, second, second} {
		_ = conn.Close() // the second time is an error that must not count
	}
	if _, err := g.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept after the last client: %v", err)
	}
}

func TestGateWaitsForTheFirstClient(t *testing.T) {
	t.Parallel()
	g, dial := newTestGate(t, 0)
	time.Sleep(20 * time.Millisecond) // an idle time of nothing has long passed
	client := dial()
	defer client.Close()
	server, err := g.Accept()
	if err != nil {
		t.Fatalf("the gate did not wait: %v", err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept after the first client: %v", err)
	}
}
