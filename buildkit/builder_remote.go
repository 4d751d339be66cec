package buildkit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/moby/buildkit/client"
)

// connectTimeout bounds how long a builder may take to answer.
const connectTimeout = 5 * time.Second

// remote is a BuildKit that somebody else runs.
type remote struct{ network, host string }

// newRemote parses the address of a builder.
func newRemote(address string) (remote, error) {
	u, err := url.Parse(address)
	if err == nil {
		switch {
		case u.Scheme == "unix" && u.Host == "" && u.Path != "":
			return remote{"unix", u.Path}, nil
		case u.Scheme == "tcp" && u.Port() != "":
			return remote{"tcp", u.Host}, nil
		}
	}
	return remote{}, fmt.Errorf("%q is none of auto, embedded, unix:///path and tcp://host:port", address)
}

func (r remote) Name() string { return r.network + "://" + r.host }

// Close has nothing to let go of: connections belong to their clients.
func (remote) Close() error { return nil }

func (r remote) Client(ctx context.Context) (*client.Client, error) {
	c, err := connect(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("%w at %s: %w (is BuildKit running there? --builder embedded needs none)", ErrUnreachable, r.Name(), err)
	}
	return c, nil
}

// warning is for those who send source code and secrets in the clear.
func (r remote) warning() string {
	if r.network == "unix" {
		return ""
	}
	host, _, err := net.SplitHostPort(r.host)
	if err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback()) {
		return ""
	}
	return " (warning: this connection is neither encrypted nor authenticated)"
}

// connect returns a client of a BuildKit that has answered. It dials once on
// its own first, for an error that names the cause and not gRPC's view of it.
func connect(ctx context.Context, r remote) (*client.Client, error) {
	waiting, cancel := context.WithTimeoutCause(ctx, connectTimeout, fmt.Errorf("no answer in %s", connectTimeout))
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(waiting, r.network, r.host)
	if err != nil {
		return nil, because(waiting, err)
	}
	if err := conn.Close(); err != nil {
		return nil, err
	}
	c, err := client.New(ctx, r.Name())
	if err != nil {
		return nil, err
	}
	if _, err := Version(waiting, c); err != nil {
		return nil, errors.Join(because(waiting, err), c.Close())
	}
	return c, nil
}

// because prefers the cause of an ended context to what it made of a call.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
