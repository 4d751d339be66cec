package embedded

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb"
)

func TestEnvironment(t *testing.T) {
	t.Parallel()
	got := environment([]string{"PATH=/bin", "https_proxy=http://p", "AWS_SECRET_ACCESS_KEY=s", "GITHUB_TOKEN=t", "PATHS=x", "BUILDKIT_HOST=h", "TMPDIR=/tmp"}, "/state")
	want := "PATH=/bin https_proxy=http://p TMPDIR=/state/tmp BUILDKIT_STEP_LOG_MAX_SIZE=67108864 BUILDKIT_STEP_LOG_MAX_SPEED=-1"
	if text := strings.Join(got, " "); !strings.HasPrefix(text, want) {
		t.Errorf("got %s", text)
	}
}

// TestEnvironmentStaysOutside has a secret in the environment of the process
// that starts the builder.
func TestEnvironmentStaysOutside(t *testing.T) {
	const marker = "cranekit-test-marker"
	t.Setenv("CRANEKIT_TEST_SECRET", marker)
	o := newState(t)
	address, _ := ensure(t, o)
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", status(t, o).PID))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(environ, []byte(marker)) || !bytes.Contains(environ, []byte("PATH=")) {
		t.Errorf("the builder has %q", environ)
	}
	state := program(t, `if _, ok := os.LookupEnv("CRANEKIT_TEST_SECRET"); ok { os.Exit(7) }`)
	if err := solve(t.Context(), t, address, state.Run(llb.Args([]string{"/program"})).Root()); err != nil {
		t.Errorf("a container: %v", err)
	}
}
