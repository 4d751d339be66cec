package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
)

// ErrNotListening is wrapped by the error of a connection to a container whose
// BuildKit does not listen, or not yet.
var ErrNotListening = errors.New("buildkitd does not listen in the container")

// DialContainer starts a container unless it runs and connects to the BuildKit
// in it, through an exec of buildctl. No docker command is needed.
func (e *Engine) DialContainer(ctx context.Context, name string) (net.Conn, error) {
	if err := e.start(ctx, name); err != nil {
		return nil, err
	}
	exec, err := e.docker.ContainerExecCreate(ctx, name, container.ExecOptions{
		AttachStdin: true, AttachStdout: true, AttachStderr: true, Cmd: []string{"buildctl", "dial-stdio"},
	})
	if err != nil {
		return nil, err
	}
	attached, err := e.docker.ContainerExecAttach(ctx, exec.ID, container.ExecAttachOptions{})
	if err != nil {
		return nil, err
	}
	return newExecConn(attached), nil
}

// execConn is the standard input and output of a process as a connection.
type execConn struct {
	net.Conn
	stdout *io.PipeReader
}

// newExecConn takes apart what the engine sends: output and errors in frames.
func newExecConn(attached types.HijackedResponse) *execConn {
	reader, writer := io.Pipe()
	go func() {
		var stderr bytes.Buffer
		_, err := stdcopy.StdCopy(&output{to: writer}, &stderr, attached.Reader)
		switch said := strings.TrimSpace(stderr.String()); {
		case strings.Contains(said, "dial unix"):
			err = fmt.Errorf("%w: %s", ErrNotListening, said)
		case said != "":
			err = fmt.Errorf("buildctl in the container: %s", said)
		}
		_ = writer.CloseWithError(err) // never fails; nil is EOF
	}()
	return &execConn{attached.Conn, reader}
}

// output passes on what a BuildKit sends. An engine that cannot start a process
// says why on its output, where HTTP/2 begins with a length of three bytes,
// the first of which is zero for a server's settings (RFC 9113, 3.4 and 4.1).
type output struct {
	to      io.Writer
	settled bool
}

// Write looks at the first byte.
func (o *output) Write(p []byte) (int, error) {
	if !o.settled && len(p) > 0 && p[0] != 0 {
		return 0, fmt.Errorf("starting buildctl in the container: %s", bytes.TrimSpace(p))
	}
	o.settled = o.settled || len(p) > 0
	return o.to.Write(p)
}

// Read reads what the process writes.
func (c *execConn) Read(p []byte) (int, error) { return c.stdout.Read(p) }

// Close ends the connection, and with it the process.
func (c *execConn) Close() error {
	_ = c.stdout.Close() // never fails
	return c.Conn.Close()
}
