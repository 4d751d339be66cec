package engine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
)

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
		return nil, fmt.Errorf("container %s: %w", name, err)
	}
	attached, err := e.docker.ContainerExecAttach(ctx, exec.ID, container.ExecAttachOptions{})
	if err != nil {
		return nil, fmt.Errorf("container %s: %w", name, err)
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
		_, err := stdcopy.StdCopy(writer, &stderr, attached.Reader)
		if said := strings.TrimSpace(stderr.String()); said != "" {
			err = fmt.Errorf("buildctl in the container: %s", said)
		}
		_ = writer.CloseWithError(err) // never fails; nil is EOF
	}()
	return &execConn{attached.Conn, reader}
}

// Read reads what the process writes.
func (c *execConn) Read(p []byte) (int, error) { return c.stdout.Read(p) }

// Close ends the connection, and with it the process.
func (c *execConn) Close() error {
	_ = c.stdout.Close() // never fails
	return c.Conn.Close()
}
