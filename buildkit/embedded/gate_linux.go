package embedded

import (
	"net"
	"sync"
	"time"
)

// gate is a listener that counts the connections it let in. It closes itself
// when there was none for a while, so that no client is accepted and then
// dropped: one that comes too late is refused and starts the next builder.
type gate struct {
	net.Listener
	mu     sync.Mutex
	idle   time.Duration // negative: never close
	guests map[*guest]bool
	closed bool
	timer  *time.Timer
}

// newGate opens a gate that waits for its first client for at least first: who
// started the builder needs some time to find that it is ready.
func newGate(l net.Listener, idle, first time.Duration) *gate {
	g := &gate{Listener: l, idle: idle, guests: map[*guest]bool{}}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.timer = time.AfterFunc(max(idle, first), g.expire)
	return g
}

// Accept waits for the next client.
func (g *gate) Accept() (net.Conn, error) {
	conn, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	c := &guest{Conn: conn, gate: g, pid: peer(conn)}
	g.guests[c] = true
	g.timer.Stop()
	return c, nil
}

// retire makes the gate close as soon as the last client has left.
func (g *gate) retire() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.idle = 0
	if len(g.guests) == 0 {
		g.timer.Reset(0)
	}
}

func (g *gate) leave(c *guest) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.guests[c] {
		return // for the second time
	}
	delete(g.guests, c)
	if len(g.guests) == 0 && g.idle >= 0 {
		g.timer.Reset(g.idle)
	}
}

func (g *gate) expire() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.guests) > 0 || g.closed || g.idle < 0 {
		return
	}
	g.closed = true
	_ = g.Listener.Close()
}

// guest is a connection that tells its gate when it ends.
type guest struct {
	net.Conn
	gate *gate
	// pid is the process at the other end.
	pid int
}

// Close ends the connection.
func (c *guest) Close() error {
	defer c.gate.leave(c)
	return c.Conn.Close()
}
