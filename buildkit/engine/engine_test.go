package engine

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	dockercontext "github.com/docker/cli/cli/context"
	"github.com/docker/cli/cli/context/store"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
)

// configured is a directory of Docker's configuration with contexts, written by
// docker's own code.
func configured(t *testing.T, current string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"currentContext": "`+current+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	contexts := store.New(filepath.Join(dir, "contexts"), store.NewConfig(
		func() any { return &map[string]any{} },
		store.EndpointTypeGetter(kind, func() any { return &dockercontext.EndpointMetaBase{} }),
	))
	for name, host := range map[string]string{"near": "unix:///near.sock", "far": "tcp://far:2376", "shell": "ssh://me@far", "odd": ""} {
		meta := store.Metadata{Name: name, Endpoints: map[string]any{kind: dockercontext.EndpointMetaBase{Host: host}}}
		if err := contexts.CreateOrUpdate(meta); err != nil {
			t.Fatal(err)
		}
	}
	authority := buildkittest.NewAuthority(t)
	cert, key := authority.Issue(t, "client")
	data, err := dockercontext.TLSDataFromFiles(authority.File, cert, key)
	if err != nil {
		t.Fatal(err)
	}
	if err := contexts.ResetEndpointTLSMaterial("far", kind, data.ToStoreTLSData()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// certificates is a directory as DOCKER_CERT_PATH names it.
func certificates(t *testing.T) string {
	t.Helper()
	authority := buildkittest.NewAuthority(t)
	cert, key := authority.Issue(t, "client")
	dir := t.TempDir()
	for name, file := range map[string]string{"ca.pem": authority.File, "cert.pem": cert, "key.pem": key} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFind(t *testing.T) {
	t.Parallel()
	dir, certs := configured(t, "near"), certificates(t)
	for name, test := range map[string]struct {
		context   string
		env       map[string]string
		host      string
		secure    bool
		unchecked bool
		err       string
	}{
		"nothing":           {host: "unix:///var/run/docker.sock"},
		"current":           {env: map[string]string{"DOCKER_CONFIG": dir}, host: "unix:///near.sock"},
		"no home":           {env: map[string]string{"HOME": "/nonexistent"}, host: "unix:///var/run/docker.sock"},
		"variable":          {env: map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "far"}, host: "tcp://far:2376", secure: true},
		"host wins":         {env: map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "far", "DOCKER_HOST": "tcp://h:1"}, host: "tcp://h:1"},
		"name wins":         {context: "shell", env: map[string]string{"DOCKER_CONFIG": dir, "DOCKER_HOST": "tcp://h:1"}, host: "ssh://me@far"},
		"default":           {context: "default", env: map[string]string{"DOCKER_CONFIG": dir, "DOCKER_HOST": "tcp://h:1"}, host: "tcp://h:1"},
		"address":           {context: "unix:///x", env: map[string]string{"DOCKER_CONFIG": dir}, host: "unix:///x"},
		"verified":          {env: map[string]string{"DOCKER_HOST": "tcp://h:1", "DOCKER_CERT_PATH": certs, "DOCKER_TLS_VERIFY": "1"}, host: "tcp://h:1", secure: true},
		"not verified":      {env: map[string]string{"DOCKER_HOST": "tcp://h:1", "DOCKER_CERT_PATH": certs}, host: "tcp://h:1", secure: true, unchecked: true},
		"certificates gone": {env: map[string]string{"DOCKER_HOST": "tcp://h:1", "DOCKER_CERT_PATH": "/nonexistent"}, err: "DOCKER_CERT_PATH: open /nonexistent/ca.pem"},
		"unknown":           {context: "nowhere", env: map[string]string{"DOCKER_CONFIG": dir}, err: "no such docker context: nowhere"},
		"path":              {context: "../x", err: `context name "../x" is invalid`},
		"no endpoint":       {context: "odd", env: map[string]string{"DOCKER_CONFIG": dir}, err: "docker context odd has no docker endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, err := find(test.context, func(name string) string { return test.env[name] })
			if test.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), test.err) {
					t.Errorf("error %v, want %s", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if at.host != test.host || (at.tls != nil) != test.secure {
				t.Errorf("got %s, TLS %v; want %s, %v", at.host, at.tls != nil, test.host, test.secure)
			}
			if at.tls != nil && (at.tls.InsecureSkipVerify != test.unchecked || len(at.tls.Certificates) != 1 || at.tls.RootCAs == nil) {
				t.Errorf("TLS without verification %v, %d certificates", at.tls.InsecureSkipVerify, len(at.tls.Certificates))
			}
		})
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := configured(t, "")
	for context, want := range map[string]struct{ absent, plaintext, remote bool }{
		"near":              {absent: true},
		"far":               {},
		"shell":             {remote: true},
		"tcp://127.0.0.1:1": {},
		"tcp://elsewhere:1": {plaintext: true},
		"unix://" + dir:     {},
	} {
		e, err := Open(context, func(string) string { return dir })
		if err != nil {
			t.Fatal(err)
		}
		if got := [...]bool{e.Absent(), e.Plaintext(), e.Remote()}; got != [...]bool{want.absent, want.plaintext, want.remote} {
			t.Errorf("%s: absent, plaintext, remote %v, want %v", context, got, want)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := Open("nowhere", func(string) string { return dir }); !errors.Is(err, ErrUnknown) {
		t.Errorf("error %v, want %v", err, ErrUnknown)
	}
	if _, err := Open("pigeon://secret:hunter2@x", func(string) string { return "" }); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}
