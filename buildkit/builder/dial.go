package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/moby/buildkit/client"
)

// dialFunc makes a connection to a BuildKit.
type dialFunc func(context.Context) (net.Conn, error)

// lastWords is how long the other side may take to say why it hung up.
const lastWords = 200 * time.Millisecond

// errClosed is what a connection ends with whose other side hung up without
// a word.
var errClosed = errors.New("the connection was closed at once")

// connect returns a client of a BuildKit that has answered. The error is that
// of the connection, where it failed, and not gRPC's view of it. The address is
// no more than a name here.
func connect(ctx context.Context, address string, timeout time.Duration, dial dialFunc, options ...client.ClientOpt) (*client.Client, error) {
	waiting, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no answer in %s", timeout))
	defer cancel()
	w := &watcher{}
	options = append(options, client.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		conn, err := dial(ctx)
		if err != nil {
			return nil, w.see(err)
		}
		return &watched{Conn: conn, watcher: w}, nil
	}))
	c, err := client.New(ctx, address, options...)
	if err != nil {
		return nil, err
	}
	if _, err := Version(waiting, c); err != nil {
		cause := w.cause(because(waiting, err))
		_ = c.Close() // says nothing that the cause does not
		return nil, cause
	}
	w.quiet()
	return c, nil
}

// because prefers the cause of an ended context to what it made of a call.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// watcher keeps the first error of a client's connections. gRPC makes text of
// it, and often of a later one.
type watcher struct {
	mu   sync.Mutex
	err  error
	done bool
}

func (w *watcher) see(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil && !w.done && !slices.ContainsFunc(ours(), func(e error) bool { return errors.Is(err, e) }) {
		w.err = err
	}
	return err
}

// ours are errors that come of what this side does.
func ours() []error {
	return []error{net.ErrClosed, os.ErrClosed, os.ErrDeadlineExceeded, context.Canceled}
}

// watching reports whether the client has no answer yet.
func (w *watcher) watching() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.done
}

// quiet ends the watch: the client has its answer.
func (w *watcher) quiet() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = true
}

// cause is the first error that was seen, else err.
func (w *watcher) cause(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.err == nil:
		return err
	case errors.Is(w.err, io.EOF), errors.Is(w.err, syscall.ECONNRESET), errors.Is(w.err, syscall.EPIPE):
		return errClosed
	}
	return commandError(w.err)
}

// watched is a connection whose errors are seen.
type watched struct {
	net.Conn
	watcher *watcher
}

// Read reads from the other side.
func (c *watched) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		err = c.watcher.see(err)
	}
	return n, err
}

// Write writes to the other side. One that hung up may have said why before: a
// TLS alert, or the last words of a command. gRPC would close the connection
// without reading them.
func (c *watched) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err == nil || !c.watcher.watching() {
		return n, err
	}
	_ = c.SetReadDeadline(time.Now().Add(lastWords)) // a command, which has no deadlines, has ended
	if _, cause := c.Conn.Read(make([]byte, 1)); cause != nil && !errors.Is(cause, os.ErrDeadlineExceeded) {
		err = cause
	}
	return n, c.watcher.see(err)
}

// exited matches the error of a connection through a command, which guesses at
// a reason that has to do with Docker only.
var exited = regexp.MustCompile(`(?s)^command \[(\S+) .*\] has exited with (.*), make sure the URL is valid, .*: stderr=(.*)$`)

// commandError says what a command said before it ended.
func commandError(err error) error {
	m := exited.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	said := strings.Join(strings.Fields(m[3]), " ")
	if said == "" {
		return fmt.Errorf("%s ended with %s", m[1], m[2])
	}
	return fmt.Errorf("%s ended with %s: %s", m[1], m[2], said)
}
