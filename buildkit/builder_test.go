package buildkit

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
	"github.com/cranekit/cranekit/buildkit/embedded"
)

func TestMain(m *testing.M) { buildkittest.Main(m) }

func TestSelect(t *testing.T) {
	t.Parallel()
	const plaintext = " (warning: this connection is neither encrypted nor authenticated)"
	tests := map[string]struct {
		spec, host   string
		name, reason string
		err          string
	}{
		"nothing":          {name: "embedded", reason: "builder embedded: BUILDKIT_HOST is not set"},
		"auto":             {spec: "auto", name: "embedded", reason: "builder embedded: BUILDKIT_HOST is not set"},
		"auto, host":       {spec: "auto", host: "unix:///run/b.sock", name: "unix:///run/b.sock", reason: "builder unix:///run/b.sock: from BUILDKIT_HOST"},
		"embedded":         {spec: "embedded", host: "unix:///run/b.sock", name: "embedded", reason: "builder embedded: as configured"},
		"address":          {spec: "unix:///a", host: "unix:///b", name: "unix:///a", reason: "builder unix:///a: as configured"},
		"loopback":         {spec: "tcp://127.0.0.1:1234", name: "tcp://127.0.0.1:1234", reason: "builder tcp://127.0.0.1:1234: as configured"},
		"loopback, IPv6":   {spec: "tcp://[::1]:1234", name: "tcp://[::1]:1234", reason: "builder tcp://[::1]:1234: as configured"},
		"localhost":        {spec: "tcp://localhost:1", name: "tcp://localhost:1", reason: "builder tcp://localhost:1: as configured"},
		"off loopback":     {spec: "tcp://ci:1234", name: "tcp://ci:1234", reason: "builder tcp://ci:1234: as configured" + plaintext},
		"no port":          {spec: "tcp://ci", err: `builder as configured: "tcp://ci" is none of auto, embedded, unix:///path and tcp://host:port`},
		"relative":         {spec: "unix://b.sock", err: `builder as configured: "unix://b.sock" is none of auto, embedded, unix:///path and tcp://host:port`},
		"path":             {host: "/run/b.sock", err: `builder from BUILDKIT_HOST: "/run/b.sock" is none of auto, embedded, unix:///path and tcp://host:port`},
		"another driver":   {spec: "ssh://ci", err: `builder as configured: "ssh://ci" is none of auto, embedded, unix:///path and tcp://host:port`},
		"not even a URL":   {spec: "%", err: `builder as configured: "%" is none of auto, embedded, unix:///path and tcp://host:port`},
		"host is embedded": {host: "embedded", name: "embedded", reason: "builder embedded: from BUILDKIT_HOST"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, reason, err := Select(test.spec, test.host, embedded.Options{})
			if test.err != "" {
				if err == nil || err.Error() != test.err {
					t.Fatalf("error %v, want %s", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if b.Name() != test.name || reason != test.reason {
				t.Errorf("got %s, %q", b.Name(), reason)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// One that takes connections and never says a word.
	mute, err := net.Listen("unix", filepath.Join(dir, "mute"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	tests := map[string]struct {
		address, want string
		within        time.Duration
	}{
		"no socket": {"unix://" + dir + "/none", "no such file or directory", time.Second},
		"refused":   {"tcp://127.0.0.1:1", "connection refused", time.Second},
		"mute":      {"unix://" + dir + "/mute", "no answer in 5s", 7 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _, err := Select(test.address, "", embedded.Options{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), test.within)
			defer cancel()
			_, err = b.Client(ctx)
			if !errors.Is(err, ErrUnreachable) || ctx.Err() != nil {
				t.Fatalf("error: %v", err)
			}
			for _, want := range []string{test.want, test.address, "--builder embedded"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in %v", want, err)
				}
			}
		})
	}
}

func TestRemoteClient(t *testing.T) {
	t.Parallel()
	b, _, err := Select(buildkittest.Start(t), "", embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	version, err := Version(t.Context(), c)
	if err != nil || !strings.HasPrefix(version, "v0.") {
		t.Errorf("version %q, %v", version, err)
	}
}

func TestEmbeddedClient(t *testing.T) {
	t.Parallel()
	socket := strings.TrimPrefix(buildkittest.Start(t), "unix://")
	b, _, err := Select("embedded", "", embedded.Options{StateDir: filepath.Dir(socket)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
