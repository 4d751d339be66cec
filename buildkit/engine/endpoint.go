package engine

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/docker/cli/cli/config"
	dockercontext "github.com/docker/cli/cli/context"
	"github.com/docker/cli/cli/context/store"
	"github.com/docker/docker/client"
)

const (
	// defaultContext is the one that is not in the store.
	defaultContext = "default"
	// kind is the name of Docker's endpoints in a context.
	kind = "docker"
)

// endpoint is where an engine listens.
type endpoint struct {
	host string
	// tls is nil without certificates.
	tls *tls.Config
}

// socket reports whether the endpoint is a file of this machine.
func (at endpoint) socket() bool {
	scheme, _, _ := strings.Cut(at.host, "://")
	return scheme == "unix" || scheme == "npipe"
}

// shown is the host without a password.
func (at endpoint) shown() string {
	u, err := url.Parse(at.host)
	if err != nil {
		return "that cannot be read"
	}
	return u.Redacted()
}

// ConfigDir is the directory of Docker's configuration, "" without a home.
func ConfigDir(getenv func(string) string) string {
	if dir := getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	if home := getenv("HOME"); home != "" {
		return filepath.Join(home, ".docker")
	}
	return ""
}

// find resolves the name of a context, or what docker uses without one.
func find(name string, getenv func(string) string) (endpoint, error) {
	host := getenv("DOCKER_HOST")
	if strings.Contains(name, "://") {
		return endpoint{host: name}, nil
	}
	if name == "" && host == "" {
		name = cmp.Or(getenv("DOCKER_CONTEXT"), current(ConfigDir(getenv)))
	}
	if name != "" && name != defaultContext {
		return fromStore(name, ConfigDir(getenv))
	}
	at := endpoint{host: cmp.Or(host, client.DefaultDockerHost)}
	if dir := getenv("DOCKER_CERT_PATH"); dir != "" && !at.socket() {
		data, err := dockercontext.TLSDataFromFiles(filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
		if err != nil {
			return at, fmt.Errorf("DOCKER_CERT_PATH: %w", err)
		}
		if at.tls, err = tlsConfig(data, getenv("DOCKER_TLS_VERIFY") == ""); err != nil {
			return at, fmt.Errorf("DOCKER_CERT_PATH: %w", err)
		}
	}
	return at, nil
}

// current is the context that "docker context use" chose. A configuration that
// cannot be read names none, as for docker.
func current(dir string) string {
	if dir == "" {
		return ""
	}
	file, err := config.Load(dir)
	if err != nil {
		return ""
	}
	return file.CurrentContext
}

// fromStore reads a context that "docker context create" made.
func fromStore(name, dir string) (endpoint, error) {
	if err := store.ValidateContextName(name); err != nil {
		return endpoint{}, err
	}
	contexts := store.New(filepath.Join(dir, "contexts"), store.NewConfig(
		func() any { return &map[string]any{} },
		store.EndpointTypeGetter(kind, func() any { return &dockercontext.EndpointMetaBase{} }),
	))
	metadata, err := contexts.GetMetadata(name)
	if err != nil {
		return endpoint{}, fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	meta, ok := metadata.Endpoints[kind].(dockercontext.EndpointMetaBase)
	if !ok || meta.Host == "" {
		return endpoint{}, fmt.Errorf("docker context %s has no docker endpoint", name)
	}
	at := endpoint{host: meta.Host}
	data, err := dockercontext.LoadTLSData(contexts, name, kind)
	if err == nil {
		at.tls, err = tlsConfig(data, meta.SkipTLSVerify)
	}
	if err != nil {
		return at, fmt.Errorf("docker context %s: %w", name, err)
	}
	return at, nil
}

// tlsConfig makes a configuration of a context's PEM data, nil without any.
func tlsConfig(data *dockercontext.TLSData, skipVerify bool) (*tls.Config, error) {
	if data == nil && !skipVerify {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: skipVerify}
	if data == nil {
		return c, nil
	}
	if data.CA != nil {
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(data.CA) {
			return nil, errors.New("ca.pem holds no certificate")
		}
	}
	if data.Cert != nil && data.Key != nil {
		pair, err := tls.X509KeyPair(data.Cert, data.Key)
		if err != nil {
			return nil, fmt.Errorf("cert.pem and key.pem: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
