// Package engine finds Docker engines as the docker command does, and connects
// to the BuildKit inside of them. It is the only place that knows Docker's API.
package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/docker/cli/cli/connhelper"
	"github.com/docker/docker/client"

	"github.com/cranekit/cranekit/config/address"
)

// ErrUnknown is wrapped by errors about contexts that Docker does not know.
var ErrUnknown = errors.New("no such docker context")

// ErrNoBuildKit is wrapped by errors about engines that have no BuildKit inside.
var ErrNoBuildKit = errors.New("the engine has no BuildKit of its own, as Podman has none")

// Engine is a Docker engine. Nothing is connected until it is used.
type Engine struct {
	endpoint
	docker *client.Client
}

// Open finds an engine: that of a context of Docker's, or without a name the
// one that docker itself would use, by DOCKER_HOST, DOCKER_CONTEXT and the
// current context of its configuration. Files of certificates are read now.
func Open(name string, getenv func(string) string) (*Engine, error) {
	at, err := find(name, getenv)
	if err != nil {
		return nil, err
	}
	if err := address.CheckEngine(at.host); err != nil {
		return nil, fmt.Errorf("docker host %w", err)
	}
	options, err := at.options()
	if err != nil {
		return nil, fmt.Errorf("docker host %s: %w", at.shown(), err)
	}
	docker, err := client.NewClientWithOpts(append(options, client.WithAPIVersionNegotiation())...)
	if err != nil {
		return nil, fmt.Errorf("docker host %s: %w", at.shown(), err)
	}
	return &Engine{at, docker}, nil
}

// options are those of the client for an endpoint, as docker's own command
// chooses them (docker/cli, cli/context/docker, Endpoint.ClientOpts).
func (at endpoint) options() ([]client.Opt, error) {
	helper, err := connhelper.GetConnectionHelper(at.host)
	if err != nil {
		return nil, err
	}
	if helper != nil {
		transport := &http.Transport{DialContext: helper.Dialer}
		return []client.Opt{client.WithHTTPClient(&http.Client{Transport: transport}), client.WithHost(helper.Host), client.WithDialContext(helper.Dialer)}, nil
	}
	if at.tls == nil || at.socket() {
		return []client.Opt{client.WithHost(at.host)}, nil
	}
	transport := &http.Transport{TLSClientConfig: at.tls}
	return []client.Opt{client.WithHTTPClient(&http.Client{Transport: transport, CheckRedirect: client.CheckRedirect}), client.WithHost(at.host)}, nil
}

// Host is the address of the engine without a password.
func (e *Engine) Host() string { return e.shown() }

// Absent reports whether there certainly is no engine: it would listen on a
// socket that does not exist.
func (e *Engine) Absent() bool {
	socket, ok := strings.CutPrefix(e.host, "unix://")
	if !ok {
		return false
	}
	_, err := os.Stat(socket)
	return errors.Is(err, os.ErrNotExist)
}

// Plaintext reports whether others on the network can read along, or answer.
func (e *Engine) Plaintext() bool {
	u, err := url.Parse(e.host)
	if err != nil || u.Scheme != "tcp" || e.tls != nil {
		return false
	}
	return u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback()
}

// Remote reports whether the engine is reached by a command that makes a
// connection of its own, ssh.
func (e *Engine) Remote() bool { return strings.HasPrefix(e.host, "ssh://") }

// Version is that of the engine, such as 28.5.2.
func (e *Engine) Version(ctx context.Context) (string, error) {
	v, err := e.docker.ServerVersion(ctx)
	return v.Version, err
}

// DialBuildKit connects to the control service of the engine's BuildKit. The
// error wraps [ErrNoBuildKit] where it has none.
func (e *Engine) DialBuildKit(ctx context.Context) (net.Conn, error) {
	conn, err := e.docker.DialHijack(ctx, "/grpc", "h2c", nil)
	if err != nil && strings.Contains(err.Error(), fmt.Sprintf("received %d", http.StatusNotFound)) {
		return nil, ErrNoBuildKit
	}
	return conn, err
}

// DialSession connects a session, through which BuildKit asks for files and
// secrets. It is a [github.com/moby/buildkit/session.Dialer].
func (e *Engine) DialSession(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
	return e.docker.DialHijack(ctx, "/session", proto, meta)
}

// Close closes idle connections.
func (e *Engine) Close() error { return e.docker.Close() }
