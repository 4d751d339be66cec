package builder

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
	"github.com/cranekit/cranekit/buildkit/embedded"
)

func TestSelect(t *testing.T) {
	t.Parallel()
	const plaintext = " (warning: this connection is neither encrypted nor authenticated)"
	named := map[string]Address{"farm": {URL: "tcp://ci:1", CA: "ca.pem"}, "open": {URL: "tcp://ci:1"}, "wrong": {URL: "unix:///x", CA: "ca.pem"}}
	home := t.TempDir()
	for name, text := range map[string]string{
		"far":  `{"Name":"far","Driver":"remote","Nodes":[{"Name":"far0","Endpoint":"tcp://h:1","DriverOpts":{"cacert":"/ca","servername":"n"}}]}`,
		"box":  `{"Name":"box","Driver":"docker-container","Nodes":[{"Name":"box0","Endpoint":"unix:///x.sock"}]}`,
		"kube": `{"Name":"kube","Driver":"kubernetes","Nodes":[{"Name":"kube0"}]}`,
		"two":  `{"Name":"two","Driver":"remote","Nodes":[{"Name":"two0","Endpoint":"tcp://h:1","DriverOpts":{"cacert":"/ca"}},{"Name":"two1","Endpoint":"tcp://h:2","Platforms":[{"architecture":"arm64","os":"linux","variant":"v8"}],"DriverOpts":{"cacert":"/ca"}}]}`,
		"none": `{"Name":"none","Driver":"remote"}`,
		"bad":  `{`,
	} {
		file := filepath.Join(home, ".docker", "buildx", "instances", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]struct{ spec, name, reason, err string }{
		"embedded":       {spec: "embedded", name: "embedded"},
		"address":        {spec: "unix:///a", name: "unix:///a"},
		"loopback":       {spec: "tcp://127.0.0.1:1234", name: "tcp://127.0.0.1:1234"},
		"loopback, IPv6": {spec: "tcp://[::1]:1234", name: "tcp://[::1]:1234"},
		"localhost":      {spec: "tcp://localhost:1", name: "tcp://localhost:1"},
		"off loopback":   {spec: "tcp://ci:1234", name: "tcp://ci:1234", reason: plaintext},
		"ssh":            {spec: "ssh://me@ci:22/run/b.sock", name: "ssh://me@ci:22/run/b.sock"},
		"pod":            {spec: "kube-pod://b?namespace=ci", name: "kube-pod://b?namespace=ci"},
		"container":      {spec: "docker-container://b", name: "docker-container://b"},
		"podman":         {spec: "podman-container://b", name: "podman-container://b"},
		"named":          {spec: "farm", name: "farm (tcp://ci:1)"},
		"named, open":    {spec: "open", name: "open (tcp://ci:1)", reason: plaintext},
		"buildx":         {spec: "far", name: "far (tcp://h:1)"},
		"buildx, node":   {spec: "two/two1", name: "two/two1 (tcp://h:2)"},
		"buildx, lost":   {spec: "two/two2", err: "buildx's builder two has no node two2"},
		"buildx, docker": {spec: "box", name: "box (docker-container://buildx_buildkit_box0)"},
		"buildx, kube":   {spec: "kube", err: "buildx's driver kubernetes of kube is not supported: use one of remote and docker-container"},
		"buildx, empty":  {spec: "none", err: "buildx's builder none has no nodes"},
		"buildx, broken": {spec: "bad", err: "reading buildx's builder in " + home + "/.docker/buildx/instances/bad: unexpected end of JSON input"},
		"not there":      {spec: "nowhere", err: `"nowhere" is neither an address nor the name of a builder`},
		"no port":        {spec: "tcp://ci", err: `"tcp://ci" is not of the form tcp://HOST:PORT`},
		"relative":       {spec: "unix://b.sock", err: `"unix://b.sock" is not of the form unix://PATH`},
		"another scheme": {spec: "pigeon://ci", err: `"pigeon://ci" is none of unix://PATH, tcp://HOST:PORT, ssh://[USER@]HOST[:PORT][/SOCKET], kube-pod://POD, docker-container://NAME, podman-container://NAME`},
		"password":       {spec: "ssh://me:hunter2@ci", err: "an address cannot hold a password (use keys and ssh's agent)"},
		"shell words":    {spec: "ssh://ci/x;touch${IFS}y", err: `"ssh://ci/x;touch${IFS}y": its socket is not an absolute path of letters, digits and / . _ - alone`},
		"an option":      {spec: "podman-container://--url=x", err: `"podman-container://--url=x": its container has other characters than letters, digits and _ . -, or does not begin with a letter or digit`},
		"docker's ssh":   {spec: "docker:ssh://ci/x;id", err: `docker host "ssh://ci/x;id": its socket is not an absolute path of letters, digits and / . _ - alone`},
		"needless TLS":   {spec: "wrong", err: "unix:///x: certificates are for tcp:// only"},
	}
	getenv := func(name string) string { return map[string]string{"HOME": home}[name] }
	nodes := []BuildxNode{{Spec: "two/two0"}, {Spec: "two/two1", Platforms: []string{"linux/arm64"}}}
	if got := BuildxNodes("two", getenv); !reflect.DeepEqual(got, nodes) {
		t.Errorf("nodes %+v, want %+v", got, nodes)
	}
	if got := BuildxNodes("far", getenv); got != nil {
		t.Errorf("one node is %+v, want none", got)
	}
	if got, want := BuildxSpecs(getenv), []string{"bad", "box", "far", "kube", "none", "two", "two/two0", "two/two1"}; !slices.Equal(got, want) {
		t.Errorf("specs %q, want %q", got, want)
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, reason, err := Select(t.Context(), Choice{Spec: test.spec, From: "crane.yaml:3", Named: named, Getenv: getenv})
			if test.err != "" {
				if err == nil || err.Error() != "builder from crane.yaml:3: "+test.err {
					t.Fatalf("error %v, want %s", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := "builder " + test.name + ": from crane.yaml:3" + test.reason; b.Name() != test.name || reason != want {
				t.Errorf("got %s, %q, want %q", b.Name(), reason, want)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// One that takes connections and never says a word, and one that hangs up.
	mute, err := net.Listen("unix", filepath.Join(dir, "mute"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	shy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shy.Close() })
	go func() {
		for {
			conn, err := shy.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1024))
			_ = conn.Close()
		}
	}()
	tests := map[string]struct {
		address, want, advice string
	}{
		"no socket":  {"unix://" + dir + "/none", "no such file or directory", "--builder embedded"},
		"refused":    {"tcp://127.0.0.1:1", "connection refused", "--builder embedded"},
		"mute":       {"unix://" + dir + "/mute", "no answer in 5s", "--builder embedded"},
		"hangs up":   {"tcp://" + shy.Addr().String(), "the connection was closed at once", "does it want TLS?"},
		"no ssh":     {"ssh://127.0.0.1:1", "ssh ended with exit status 255: ", "without a question"},
		"no command": {"podman-container://b", "podman", "buildctl"}, // nor a container
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _, err := Select(t.Context(), Choice{Spec: test.address})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // none of them hangs
			defer cancel()
			_, err = b.Client(ctx)
			if !errors.Is(err, ErrUnreachable) || ctx.Err() != nil {
				t.Fatalf("error: %v", err)
			}
			for _, want := range []string{test.want, test.address, test.advice} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in %v", want, err)
				}
			}
		})
	}
}

func TestRemoteClient(t *testing.T) {
	t.Parallel()
	b, _, err := Select(t.Context(), Choice{Spec: buildkittest.Start(t)})
	if err != nil {
		t.Fatal(err)
	}
	answers(t, b)
}

// answers asks a builder's BuildKit for its version.
func answers(t *testing.T, b Builder) {
	t.Helper()
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

func TestMutualTLS(t *testing.T) {
	t.Parallel()
	ours, other := buildkittest.NewAuthority(t), buildkittest.NewAuthority(t)
	address := ours.Secure(t, buildkittest.Start(t), "buildkit.test")
	cert, key := ours.Issue(t, "client")
	strangeCert, strangeKey := other.Issue(t, "stranger")
	good := Address{URL: address, CA: ours.File, Cert: cert, Key: key, ServerName: "buildkit.test"}
	for name, test := range map[string]struct {
		change func(*Address)
		want   []string
	}{
		"good":           {func(*Address) {}, nil},
		"wrong CA":       {func(a *Address) { a.CA = other.File }, []string{"certificate signed by unknown authority", "ca has to be"}},
		"system's CAs":   {func(a *Address) { a.CA = "" }, []string{"certificate signed by unknown authority", "ca has to be"}},
		"wrong name":     {func(a *Address) { a.ServerName = "evil.test" }, []string{"valid for buildkit.test, not evil.test", "server-name has to be"}},
		"no name":        {func(a *Address) { a.ServerName = "" }, []string{"127.0.0.1", "server-name has to be"}},
		"no certificate": {func(a *Address) { a.Cert, a.Key = "", "" }, []string{"certificate required", "set cert and key"}},
		"stranger":       {func(a *Address) { a.Cert, a.Key = strangeCert, strangeKey }, []string{"remote error: tls", "does not accept the certificate in cert"}},
		"plain":          {func(a *Address) { *a = Address{URL: a.URL} }, []string{"does it want TLS?"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := good
			test.change(&a)
			b, _, err := Select(t.Context(), Choice{Spec: "ci", Named: map[string]Address{"ci": a}})
			if err != nil {
				t.Fatal(err)
			}
			if test.want == nil {
				answers(t, b)
				return
			}
			_, err = b.Client(t.Context())
			if !errors.Is(err, ErrUnreachable) {
				t.Fatalf("error %v, want %v", err, ErrUnreachable)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in %v", want, err)
				}
			}
		})
	}
}

// TestTLSFiles has mistakes in files, which trying again does not help.
func TestTLSFiles(t *testing.T) {
	t.Parallel()
	authority := buildkittest.NewAuthority(t)
	_, key := authority.Issue(t, "client")
	for want, a := range map[string]Address{
		"no certificate in " + key:         {CA: key},
		"no such file or directory":        {CA: "/nonexistent/ca.pem"},
		"reading the client's certificate": {Cert: key, Key: key},
	} {
		a.URL = "tcp://127.0.0.1:1"
		b, err := newRemote("ci", a)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Client(t.Context()); !errors.As(err, new(FilesError)) || errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestEmbeddedClient(t *testing.T) {
	t.Parallel()
	socket := strings.TrimPrefix(buildkittest.Start(t), "unix://")
	b, _, err := Select(t.Context(), Choice{Spec: "embedded", Embedded: embedded.Options{StateDir: filepath.Dir(socket)}})
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

// TestLastWords has a command that ends before or after something is written
// to it, as the race goes. Its reason has to come out each time.
func TestLastWords(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kubectl"), []byte("#!/bin/sh\necho no pod >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	b, _, err := Select(t.Context(), Choice{Spec: "kube-pod://x"})
	if err != nil {
		t.Fatal(err)
	}
	for range 30 {
		if _, err := b.Client(t.Context()); err == nil || !strings.Contains(err.Error(), "kubectl ended with exit status 1: no pod (") {
			t.Fatalf("error %v", err)
		}
	}
}
