package embedded

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
)

// newState returns the options of a builder that is gone when the test ends.
func newState(t *testing.T) Options {
	t.Helper()
	if err := Preflight(); err != nil {
		t.Fatalf("%v (make test installs what is missing)", err)
	}
	o := Options{StateDir: filepath.Join(t.TempDir(), "builder"), IdleTimeout: time.Minute}
	t.Cleanup(func() {
		if _, err := Stop(context.Background(), o); err != nil {
			t.Errorf("stop: %v", err)
		}
		if text, err := os.ReadFile(logPath(o.StateDir)); err == nil && t.Failed() {
			t.Logf("log of the builder:\n%s", text)
		}
	})
	return o
}

func ensure(t *testing.T, o Options) (address string, started bool) {
	t.Helper()
	begin := time.Now()
	address, started, err := Ensure(t.Context(), o)
	if err != nil {
		t.Fatalf("ensure: %v", err)
	}
	t.Logf("ready after %s, started: %t", time.Since(begin), started)
	return address, started
}

func status(t *testing.T, o Options) State {
	t.Helper()
	state, err := Status(t.Context(), o)
	if err != nil {
		t.Fatalf("status: %v", err)
	}
	return state
}

func awaitGone(t *testing.T, o Options) {
	t.Helper()
	home, err := openHome(o.StateDir)
	if err != nil {
		t.Fatal(err)
	}
	defer home.Close()
	lock, err := home.lock()
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := poll(ctx, lock.gone); err != nil {
		t.Fatalf("the builder stays: %v", err)
	}
}

func solve(ctx context.Context, t *testing.T, address string, state llb.State) error {
	t.Helper()
	c, err := client.New(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	definition, err := state.Marshal(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Solve(ctx, definition, client.SolveOpt{}, nil)
	return err
}

// program compiles a static program and returns it as the rootfs of an exec.
func program(t *testing.T, body string) llb.State {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	text := "package main\nimport (\"os\"; \"time\")\nvar _, _ = os.Args, time.Now\nfunc main() {" + body + "}\n"
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "program")
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", binary, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	code, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	return llb.Scratch().File(llb.Mkfile("/program", 0o755, code))
}

// startSleeper has a builder run a container that would sleep for an hour. It
// returns once the container runs; the channel carries the end of the build.
func startSleeper(t *testing.T, o Options, address string) <-chan error {
	t.Helper()
	state := program(t, "time.Sleep(time.Hour)").Run(llb.Args([]string{"/program", o.StateDir}), llb.Network(llb.NetModeNone)).Root()
	done := make(chan error, 1)
	go func() { done <- solve(t.Context(), t, address, state) }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := poll(ctx, func() (bool, error) { return sleepers(t, o) > 0, nil }); err != nil {
		t.Fatalf("no container started: %v", err)
	}
	return done
}

// sleepers counts the processes that startSleeper started in containers.
func sleepers(t *testing.T, o Options) (n int) {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if text, err := os.ReadFile(path); err == nil && string(text) == "/program\x00"+o.StateDir+"\x00" {
			n++
		}
	}
	return n
}

// startOtherBuild runs a builder from a copy of this binary with another ID.
func startOtherBuild(t *testing.T, o Options) {
	t.Helper()
	if rootless() {
		t.Skip("runs a builder without rootlesskit")
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	note := bytes.Index(self, []byte("Go\x00\x00")) + len("Go\x00\x00")
	self[note] ^= 1
	other := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, self, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(other, "builder", "serve", "--state-dir", o.StateDir, "--idle-timeout", "1m")
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := poll(ctx, func() (bool, error) {
		state, err := Status(ctx, o)
		return state.Running, err
	}); err != nil {
		t.Fatalf("start another build: %v", err)
	}
	if status(t, o).Build == buildID() {
		t.Fatal("the copy has the same build ID")
	}
}
