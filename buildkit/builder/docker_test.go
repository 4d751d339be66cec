package builder

import (
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAuto has no engine, or none that is one. Real ones are in
// cmd/integration.
func TestAuto(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mute, err := net.Listen("unix", filepath.Join(dir, "mute"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	// Podman's service knows nothing of /grpc.
	podman, err := net.Listen("unix", filepath.Join(dir, "podman"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(podman) }()
	t.Cleanup(func() { _ = server.Close() })
	for name, test := range map[string]struct {
		env   map[string]string
		want  string
		least time.Duration
	}{
		"no engine": {map[string]string{"DOCKER_HOST": "unix://" + dir + "/none"}, "builder embedded: no other is configured", 0},
		"mute":      {map[string]string{"DOCKER_HOST": "unix://" + dir + "/mute"}, "builder embedded: the Docker engine was passed over: docker at unix://" + dir + "/mute: no answer in 1s", time.Second},
		"podman": {
			map[string]string{"DOCKER_HOST": "unix://" + dir + "/podman"},
			"builder embedded: the Docker engine was passed over: not fit for a run: docker at unix://" + dir + "/podman: the engine has no BuildKit of its own, as Podman has none", 0,
		},
		"no context": {map[string]string{"DOCKER_CONTEXT": "gone"}, "builder embedded: the Docker engine was passed over: no such docker context: gone", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			b, why, err := Select(t.Context(), Choice{Spec: "auto", From: "default", Getenv: func(name string) string { return test.env[name] }})
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); b.Name() != "embedded" || why != test.want || took < test.least || took > time.Minute {
				t.Errorf("after %s: %s, %q; want %q", took, b.Name(), why, test.want)
			}
		})
	}
}

func TestNoEngine(t *testing.T) {
	t.Parallel()
	getenv := func(string) string { return "" }
	_, _, err := Select(t.Context(), Choice{Spec: "docker:unix:///nonexistent.sock", From: "--builder", Getenv: getenv})
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "no such file or directory (is the engine running?") {
		t.Errorf("error %v", err)
	}
	_, _, err = Select(t.Context(), Choice{Spec: "docker:gone", From: "--builder", Getenv: getenv})
	if err == nil || errors.Is(err, ErrUnreachable) || err.Error() != "builder from --builder: no such docker context: gone" {
		t.Errorf("error %v", err)
	}
}
