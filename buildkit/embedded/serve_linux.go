package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/containerd/containerd/v2/defaults"
	"github.com/moby/buildkit/control"
	"github.com/moby/buildkit/util/bklog"
	"github.com/moby/buildkit/util/grpcerrors"
	_ "github.com/moby/buildkit/util/grpcutil/encoding/proto" // the fast codec, as in buildkitd
	"github.com/moby/sys/userns"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
)

// stopTimeout bounds how long builds in progress may take to be cancelled.
const stopTimeout = 5 * time.Second

// Serve runs the builder in this process until ctx ends or nobody has used it
// for o.IdleTimeout; both are a nil error. On SIGHUP it leaves once the last
// client has. BuildKit logs to standard error.
//
// The caller is meant to be the command "builder serve" that [Ensure] starts.
func Serve(ctx context.Context, o Options) (err error) {
	o, err = o.withDefaults()
	if err != nil {
		return err
	}
	home, err := createHome(o.StateDir)
	if err != nil {
		return err
	}
	defer home.Close()
	lock, err := home.own()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, unix.SIGHUP)
	defer signal.Stop(hangup)
	info, err := describe(ctx, o)
	if err != nil {
		return err
	}
	if err := home.sweep(ctx, info.Runtime); err != nil {
		bklog.G(ctx).Warnf("clean up after the last builder: %v", err)
	}
	if info.Lost, err = home.mend(ctx); err != nil {
		return err
	}
	controller, err := newController(ctx, o.StateDir, info)
	if err != nil {
		return fmt.Errorf("embedded builder: %w: if it stays so, delete %s", err, o.StateDir)
	}
	defer func() { err = errors.Join(err, home.close(controller)) }()

	listener, err := home.listen()
	if err != nil {
		return err
	}
	gate := newGate(listener, o.IdleTimeout, startTimeout)
	defer gate.Close()
	info.Address = "unix://" + listener.Addr().String()
	if err := lock.announce(info); err != nil {
		return err
	}
	server := grpc.NewServer(
		grpc.WaitForHandlers(true),
		grpc.UnaryInterceptor(grpcerrors.UnaryServerInterceptor),
		grpc.StreamInterceptor(grpcerrors.StreamServerInterceptor),
		grpc.MaxRecvMsgSize(defaults.DefaultMaxRecvMsgSize),
		grpc.MaxSendMsgSize(defaults.DefaultMaxSendMsgSize),
	)
	controller.Register(server)
	registerClients(server, gate)
	// As in buildkitd: files have exactly the modes that builds ask for,
	// whatever the umask of the user who happened to start the builder.
	defer unix.Umask(unix.Umask(0))
	defer halt(ctx, server, home, info.Runtime)
	defer func() { err = errors.Join(err, lock.release(ready)) }()
	return accept(ctx, server, gate, hangup)
}

// own takes the state directory for this process.
func (h home) own() (lockFile, error) {
	lock, err := h.lock()
	if err != nil {
		return lock, err
	}
	ok, err := lock.try(serving)
	if ok {
		return lock, nil
	}
	if err == nil {
		err = running(lock, h.path)
	}
	return lock, errors.Join(err, lock.Close())
}

// mend looks at what the last builder left unless it came to its end, and
// returns what had to be dropped.
func (h home) mend(ctx context.Context) (lost string, err error) {
	unclean, err := h.begin()
	if err != nil || !unclean {
		return "", err
	}
	began := time.Now()
	lost, err = h.heal()
	if err != nil {
		return lost, fmt.Errorf("mending %s: %w: delete it", h.path, err)
	}
	bklog.G(ctx).Infof("the last builder was cut off: looked at its state for %s", time.Since(began))
	if lost != "" {
		bklog.G(ctx).Warnf("dropped what a crash has left in pieces: %s", lost)
	}
	return lost, nil
}

// close closes the databases of BuildKit, and notes that it could.
func (h home) close(controller *control.Controller) error {
	if err := controller.Close(); err != nil {
		return err
	}
	return h.end()
}

// running is the error of a second builder for one state directory.
func running(lock lockFile, stateDir string) error {
	if info, err := lock.builder(); err == nil && info != nil {
		return fmt.Errorf("%w in %s, pid %d", ErrRunning, stateDir, info.PID)
	}
	return fmt.Errorf("%w in %s, starting or stopping", ErrRunning, stateDir)
}

// describe finds out what this builder will be.
func describe(ctx context.Context, o Options) (Info, error) {
	if rootless() {
		return Info{}, errors.New("the builder needs a user namespace: start it with cranekit builder start")
	}
	runtime, err := findProgram("runc")
	if err != nil {
		return Info{}, Preflight()
	}
	limit, err := diskLimit(o)
	if err != nil {
		return Info{}, err
	}
	return Info{
		PID:         os.Getpid(),
		Version:     buildkitVersion(),
		Build:       buildID(),
		Started:     time.Now(),
		Runtime:     runtime,
		Snapshotter: pickSnapshotter(ctx, o.StateDir),
		Rootless:    userns.RunningInUserNS(),
		DiskLimit:   limit,
	}, nil
}

// accept serves clients until ctx ends or the gate closes itself, which a
// hangup hastens.
func accept(ctx context.Context, server *grpc.Server, gate *gate, hangup <-chan os.Signal) error {
	done := make(chan error, 1)
	go func() { done <- server.Serve(gate) }()
	bklog.G(ctx).Infof("serving on %s", gate.Addr())
	for {
		select {
		case <-hangup:
			gate.retire()
		case <-ctx.Done():
			return nil
		case err := <-done:
			if errors.Is(err, net.ErrClosed) {
				bklog.G(ctx).Info("leaving: no clients")
				return nil
			}
			return fmt.Errorf("embedded builder: %w", err)
		}
	}
}

// halt cancels the builds in progress and sees to it that no container
// outlives the builder.
func halt(ctx context.Context, server *grpc.Server, h home, runtime string) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), stopTimeout, errors.New("timed out"))
	defer cancel()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		server.Stop()
	}()
	err := poll(ctx, func() (bool, error) {
		select {
		case <-stopped:
		default:
			return false, nil
		}
		bundles, err := h.bundles()
		return len(bundles) == 0, err
	})
	if err != nil {
		bklog.G(ctx).Warnf("wait for builds to end: %v", err)
	}
	if err := h.sweep(context.WithoutCancel(ctx), runtime); err != nil {
		bklog.G(ctx).Warnf("clean up: %v", err)
	}
}

// listen opens the builder's socket. The lock is ours, so one that is already
// there is that of a dead builder.
func (h home) listen() (net.Listener, error) {
	dir, err := socketDir(h.path)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "buildkit.sock")
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("builder socket: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, fmt.Errorf("builder socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("builder socket: %w", err), listener.Close())
	}
	return listener, nil
}
