package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/moby/buildkit/client"
	"golang.org/x/sys/unix"
)

// killTimeout is how long a builder that was asked to stop may take: it has
// [stopTimeout] for its builds and has to close its databases.
const killTimeout = stopTimeout + 5*time.Second

// Status describes the builder of a state directory. It starts nothing.
func Status(ctx context.Context, o Options) (State, error) {
	o, err := o.withDefaults()
	if err != nil {
		return State{}, err
	}
	state := State{StateDir: o.StateDir, Log: logPath(o.StateDir)}
	home, err := openHome(o.StateDir)
	if errors.Is(err, os.ErrNotExist) {
		return state, nil
	}
	if err != nil {
		return state, err
	}
	defer home.Close()
	lock, err := home.lock()
	if err != nil {
		return state, err
	}
	defer lock.Close()
	info, err := lock.builder()
	if info == nil || err != nil {
		return state, err
	}
	state.Info, state.Running = *info, true
	if state.Clients, err = clients(ctx, info.Address); err != nil {
		return state, err
	}
	state.DiskUsed, err = diskUsed(ctx, info.Address)
	return state, err
}

func diskUsed(ctx context.Context, address string) (used int64, err error) {
	c, err := client.New(ctx, address)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	records, err := c.DiskUsage(ctx)
	for _, r := range records {
		used += r.Size
	}
	return used, err
}

// Stop ends the builder of a state directory and reports whether there was
// one. Builds in progress are cancelled. A builder that does not end is killed.
// What one that was killed left running is removed.
func Stop(ctx context.Context, o Options) (stopped bool, err error) {
	return stop(ctx, o, true)
}

// StopIdle is [Stop] for a builder that no other process uses. If one does, the
// error is a [BusyError].
func StopIdle(ctx context.Context, o Options) (stopped bool, err error) {
	return stop(ctx, o, false)
}

func stop(ctx context.Context, o Options, force bool) (stopped bool, err error) {
	o, err = o.withDefaults()
	if err != nil {
		return false, err
	}
	home, err := openHome(o.StateDir)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer home.Close()
	lock, err := home.lock()
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	gone, err := lock.gone()
	if err != nil {
		return false, err
	}
	if gone {
		return false, home.tidy(ctx, lock)
	}
	info, err := settle(ctx, lock)
	if info == nil || err != nil {
		return true, err
	}
	if !force {
		if err := idle(ctx, info.Address); err != nil {
			return false, err
		}
	}
	if err := end(ctx, lock, info.PID, unix.SIGTERM); err == nil || ctx.Err() != nil {
		return true, err
	}
	if err := end(ctx, lock, info.PID, unix.SIGKILL); err != nil {
		return true, err
	}
	return true, home.tidy(ctx, lock)
}

// tidy sweeps the state directory unless the next builder already does.
func (h home) tidy(ctx context.Context, lock lockFile) error {
	if rootless() {
		return nil // takes the user namespace of the next builder
	}
	runtime, err := findProgram("runc")
	if err != nil {
		return nil // without runc there are no containers
	}
	if ok, err := lock.try(serving); !ok || err != nil {
		return err
	}
	return h.sweep(ctx, runtime)
}

// settle waits until a builder that is starting is ready, or one that is
// stopping gone, in which case there is no info.
func settle(ctx context.Context, lock lockFile) (info *Info, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, errors.New("the builder neither starts nor stops"))
	defer cancel()
	err = poll(ctx, func() (bool, error) {
		if info, err = lock.builder(); info != nil || err != nil {
			return true, err
		}
		return lock.gone()
	})
	return info, err
}

// end sends a signal and waits until the builder has let go of its lock.
func end(ctx context.Context, lock lockFile, pid int, sig unix.Signal) error {
	if err := lock.signal(pid, sig); err != nil {
		return fmt.Errorf("stop the builder, pid %d: %w", pid, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, killTimeout, fmt.Errorf("the builder, pid %d, does not end", pid))
	defer cancel()
	return poll(ctx, lock.gone)
}
