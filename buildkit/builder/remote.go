package builder

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/connhelper"
	_ "github.com/moby/buildkit/client/connhelper/kubepod"         // kube-pod://
	_ "github.com/moby/buildkit/client/connhelper/podmancontainer" // podman-container://
	_ "github.com/moby/buildkit/client/connhelper/ssh"             // ssh://

	"github.com/cranekit/cranekit/config/address"
	"github.com/cranekit/cranekit/config/repofs"
)

const (
	// connectTimeout bounds how long a builder on a socket may take to answer.
	connectTimeout = 5 * time.Second
	// commandTimeout is that for builders behind a command such as ssh, which
	// has a connection of its own to make.
	commandTimeout = 30 * time.Second
)

// Address is where a BuildKit listens.
type Address struct {
	// URL is unix://PATH, tcp://HOST:PORT, or one of those that a command
	// leads to: ssh, kube-pod, podman-container; or docker-container.
	URL string
	// CA, Cert and Key are PEM files for tcp://. CA is the only authority that
	// is trusted, "" for those of the system.
	CA, Cert, Key string
	// ServerName is what the builder's certificate has to be for, "" for the
	// host of the URL.
	ServerName string
}

// secure reports whether the connection is TLS.
func (a Address) secure() bool { return a.CA+a.Cert+a.Key+a.ServerName != "" }

// remote is a BuildKit that somebody else runs.
type remote struct {
	// label is the user's name for it, "" for none.
	label   string
	address Address
	url     *url.URL
	helper  *connhelper.ConnectionHelper
}

// newRemote parses the address of a builder.
func newRemote(label string, at Address) (remote, error) {
	r := remote{label: label, address: at}
	if err := address.CheckBuilder(at.URL); err != nil {
		return r, err
	}
	u, err := url.Parse(at.URL)
	if err != nil {
		return r, err
	}
	r.url = u
	if u.Scheme != "unix" && u.Scheme != "tcp" {
		if r.helper, err = connhelper.GetConnectionHelper(at.URL); err != nil {
			return r, fmt.Errorf("%s: %w", u.Redacted(), err)
		}
		if r.helper == nil {
			return r, fmt.Errorf("%s: certificates are for tcp:// only", u.Redacted())
		}
	}
	if at.secure() && u.Scheme != "tcp" {
		return r, fmt.Errorf("%s: certificates are for tcp:// only", u.Redacted())
	}
	return r, nil
}

// Name is the address, after the user's name for it.
func (r remote) Name() string {
	return named(r.label, r.address.URL)
}

// Close has nothing to let go of: connections belong to their clients.
func (remote) Close() error { return nil }

// plaintext reports whether others on the network can read along, or answer.
func (r remote) plaintext() bool {
	if r.url.Scheme != "tcp" || r.address.secure() {
		return false
	}
	host := r.url.Hostname()
	return host != "localhost" && !net.ParseIP(host).IsLoopback()
}

// Client connects. Files of TLS are read now.
func (r remote) Client(ctx context.Context) (*client.Client, error) {
	dial, timeout, err := r.dialer()
	if err != nil {
		return nil, fmt.Errorf("builder %s: %w", r.Name(), err)
	}
	c, err := connect(ctx, r.address.URL, timeout, dial)
	if err != nil {
		return nil, fmt.Errorf("%w at %s: %w (%s)", ErrUnreachable, r.Name(), err, r.advice(err))
	}
	return c, nil
}

// dialer is how this kind of address is dialled.
func (r remote) dialer() (dial dialFunc, timeout time.Duration, err error) {
	if r.helper != nil {
		return func(ctx context.Context) (net.Conn, error) { return r.helper.ContextDialer(ctx, "") }, commandTimeout, nil
	}
	var d net.Dialer
	if r.url.Scheme == "unix" {
		return func(ctx context.Context) (net.Conn, error) { return d.DialContext(ctx, "unix", r.url.Path) }, connectTimeout, nil
	}
	if !r.address.secure() {
		return func(ctx context.Context) (net.Conn, error) { return d.DialContext(ctx, "tcp", r.url.Host) }, connectTimeout, nil
	}
	config, err := r.address.tls()
	if err != nil {
		return nil, 0, FilesError{err}
	}
	encrypted := tls.Dialer{Config: config}
	return func(ctx context.Context) (net.Conn, error) { return encrypted.DialContext(ctx, "tcp", r.url.Host) }, connectTimeout, nil
}

// FilesError is an error about the files of a connection, such as a key that is
// not there: trying again does not help.
type FilesError struct{ error }

// Unwrap returns what is wrong with them.
func (e FilesError) Unwrap() error { return e.error }

// tls is the configuration of the connection.
func (a Address) tls() (*tls.Config, error) {
	config := &tls.Config{ServerName: a.ServerName, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12}
	if a.CA != "" {
		pem, err := repofs.ReadRegular(a.CA, repofs.MaxFile)
		if err != nil {
			return nil, fmt.Errorf("reading the certificate authority: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("no certificate in %s", a.CA)
		}
	}
	if a.Cert != "" || a.Key != "" {
		pair, err := tls.LoadX509KeyPair(a.Cert, a.Key)
		if err != nil {
			return nil, fmt.Errorf("reading the client's certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// advice is what may help against an error.
func (r remote) advice(err error) string {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var alert *net.OpError // a TLS alert has no exported type of its own
	switch {
	case r.url.Scheme == "ssh" && strings.HasPrefix(err.Error(), "ssh ended with exit status 255"): // its own failure, by ssh(1)
		return "ssh to that host, as that user and port, has to work without a question"
	case r.helper != nil:
		return "the far side needs BuildKit's buildctl on its PATH and a running buildkitd"
	case errors.As(err, &authority):
		return "ca has to be the authority that signed the builder's certificate"
	case errors.As(err, &host):
		return "server-name has to be a name that the builder's certificate is for"
	case errors.As(err, &alert) && alert.Op == "remote error" && r.address.Cert == "":
		return "the builder wants a certificate: set cert and key"
	case errors.As(err, &alert) && alert.Op == "remote error":
		return "the builder does not accept the certificate in cert"
	case r.url.Scheme == "tcp" && !r.address.secure() && errors.Is(err, errClosed):
		return "does it want TLS? ca, cert and key are keys of builders in crane.yaml"
	default:
		return "is BuildKit running there? --builder embedded needs none"
	}
}
