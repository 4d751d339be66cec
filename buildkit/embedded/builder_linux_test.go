package embedded

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"golang.org/x/sys/unix"
)

func TestLifecycle(t *testing.T) {
	t.Parallel()
	o := newState(t)
	if state := status(t, o); state.Running {
		t.Fatalf("running before the start: %+v", state)
	}
	address, started := ensure(t, o)
	if !started {
		t.Error("the first call started nothing")
	}
	if again, started := ensure(t, o); again != address || started {
		t.Errorf("second call: %s, started %t", again, started)
	}
	state := status(t, o)
	if !state.Running || state.Address != address || state.PID == os.Getpid() || state.Build != buildID() || state.DiskLimit < minDiskLimit {
		t.Errorf("status: %+v", state)
	}
	if stat, err := os.Stat(strings.TrimPrefix(address, "unix://")); err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("socket: %v, %v", stat, err)
	}
	err := Serve(t.Context(), o)
	if !errors.Is(err, ErrRunning) || !strings.Contains(err.Error(), strconv.Itoa(state.PID)) {
		t.Errorf("second server: %v", err)
	}
	if stopped, err := Stop(t.Context(), o); !stopped || err != nil {
		t.Errorf("stop: %t, %v", stopped, err)
	}
	if stopped, err := Stop(t.Context(), o); stopped || err != nil {
		t.Errorf("second stop: %t, %v", stopped, err)
	}
	if status(t, o).Running {
		t.Error("running after the stop")
	}
}

func TestBuild(t *testing.T) {
	t.Parallel()
	o := newState(t)
	address, _ := ensure(t, o)
	const mode = `
		info, err := os.Stat(os.Args[1])
		if err != nil {
			os.Exit(3)
		}
		if info.Mode().Perm() != 0o777 {
			os.Exit(4) // the builder obeyed a umask
		}
	`
	rootfs := program(t, mode).File(llb.Mkdir("/dir", 0o777))
	run := func(path string) error {
		return solve(t.Context(), t, address, rootfs.Run(llb.Args([]string{"/program", path})).Root())
	}
	if err := run("/dir"); err != nil {
		t.Errorf("exec: %v", err)
	}
	if err := run("/none"); err == nil || !strings.Contains(err.Error(), "exit code: 3") {
		t.Errorf("failing exec: %v", err)
	}
	if used := status(t, o).DiskUsed; used == 0 {
		t.Error("no disk used after a build")
	}
}

func TestEnsureAtOnce(t *testing.T) {
	t.Parallel()
	o := newState(t)
	const callers = 8
	var calls sync.WaitGroup
	addresses, starts := make([]string, callers), make([]bool, callers)
	for i := range callers {
		calls.Go(func() {
			var err error
			if addresses[i], starts[i], err = Ensure(t.Context(), o); err != nil {
				t.Errorf("ensure: %v", err)
			}
		})
	}
	calls.Wait()
	count := 0
	for i := range callers {
		if starts[i] {
			count++
		}
		if addresses[i] != addresses[0] {
			t.Errorf("addresses differ: %s and %s", addresses[i], addresses[0])
		}
	}
	if count != 1 {
		t.Errorf("%d builders were started", count)
	}
}

func TestIdleExit(t *testing.T) {
	t.Parallel()
	o := newState(t)
	o.IdleTimeout = 20 * time.Millisecond
	for range 5 {
		ensure(t, o)
	}
	awaitGone(t, o)
	if _, started := ensure(t, o); !started {
		t.Error("the builder was still there")
	}
}

func TestStopEndsContainers(t *testing.T) {
	t.Parallel()
	o := newState(t)
	address, _ := ensure(t, o)
	done := startSleeper(t, o, address)
	begin := time.Now()
	if stopped, err := Stop(t.Context(), o); !stopped || err != nil {
		t.Errorf("stop: %t, %v", stopped, err)
	}
	t.Logf("stopped after %s", time.Since(begin))
	if n := sleepers(t, o); n > 0 {
		t.Errorf("%d processes are left", n)
	}
	if err := <-done; err == nil {
		t.Error("the build was green")
	}
}

func TestRecoverFromKill(t *testing.T) {
	t.Parallel()
	o := newState(t)
	address, _ := ensure(t, o)
	done := startSleeper(t, o, address)
	if err := unix.Kill(status(t, o).PID, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil {
		t.Error("the build was green")
	}
	awaitGone(t, o)
	if status(t, o).Running {
		t.Error("running after the kill")
	}
	address, started := ensure(t, o)
	if !started {
		t.Error("nothing was started")
	}
	if n := sleepers(t, o); n > 0 {
		t.Errorf("%d processes are left", n)
	}
	if err := solve(t.Context(), t, address, llb.Scratch().File(llb.Mkfile("/a", 0o644, []byte("a")))); err != nil {
		t.Errorf("build after the kill: %v", err)
	}
}

func TestClientGone(t *testing.T) {
	t.Parallel()
	o := newState(t)
	address, _ := ensure(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	state := program(t, "time.Sleep(time.Hour)").Run(llb.Args([]string{"/program", o.StateDir})).Root()
	done := make(chan error, 1)
	go func() { done <- solve(ctx, t, address, state) }()
	waiting, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	running := func(want bool) {
		if err := poll(waiting, func() (bool, error) { return sleepers(t, o) > 0 == want, nil }); err != nil {
			t.Fatalf("container running: want %t: %v", want, err)
		}
	}
	running(true)
	cancel()
	if err := <-done; err == nil {
		t.Error("the build of a client that is gone came to its end")
	}
	running(false)
	if !status(t, o).Running {
		t.Error("the builder ended with its client")
	}
}

func TestOtherBuildIsReplacedWhenIdle(t *testing.T) {
	t.Parallel()
	o := newState(t)
	startOtherBuild(t, o)
	old := status(t, o)
	c, err := client.New(t.Context(), old.Address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Info(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, started := ensure(t, o); started {
		t.Error("a busy builder was replaced")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	awaitGone(t, o) // it was asked to leave
	startOtherBuild(t, o)
	if _, started := ensure(t, o); !started || status(t, o).Build != buildID() {
		t.Error("an idle builder was not replaced")
	}
}

func TestStartFailureShowsLog(t *testing.T) {
	t.Parallel()
	o := newState(t)
	mustDo(t, os.Mkdir(o.StateDir, 0o700))
	for _, obstacle := range []string{"runc-overlayfs", "runc-native"} {
		mustDo(t, os.WriteFile(filepath.Join(o.StateDir, obstacle), nil, 0o600))
	}
	_, _, err := Ensure(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "start the worker") {
		t.Errorf("error: %v", err)
	}
}

func TestLongSocketPath(t *testing.T) {
	t.Parallel()
	o := newState(t)
	o.StateDir = filepath.Join(o.StateDir, strings.Repeat("long", 40))
	t.Cleanup(func() {
		if _, err := Stop(context.Background(), o); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	dir, err := socketDir(o.StateDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	address, _ := ensure(t, o)
	if address != "unix://"+dir+"/buildkit.sock" || len(dir) > maxSocketDir {
		t.Errorf("address: %s", address)
	}
}

// TestInheritsNothing keeps the builder from holding what the program that
// starts it has open, such as a lock of flock(1).
func TestInheritsNothing(t *testing.T) {
	t.Parallel()
	o := newState(t)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(write.Fd(), unix.F_SETFD, 0); err != nil {
		t.Fatal(err)
	}
	ensure(t, o)
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	if err := read.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := read.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		t.Errorf("the pipe is still open in the builder: %v", err)
	}
}
