package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/cranekit/cranekit/buildkit/embedded"
)

// round has a run with a fault in it, and looks at the next one.
func (b *bench) round(ctx context.Context, r round) error {
	if err := b.prepare(ctx, r.phase, true); err != nil {
		return err
	}
	said, err := b.disturbed(ctx, r)
	if err != nil {
		return fmt.Errorf("making the fault: %w", err)
	}
	s, err := b.green(ctx)
	if err != nil {
		return fmt.Errorf("the next run: %w\nthe disturbed one said: %s", err, tail(said))
	}
	if stages := executed(s); len(stages) > 0 && (r.phase == phaseEdited || r.phase == phaseCached) {
		err = fmt.Errorf("the next run executed %q again", stages)
	}
	again, failed := b.green(ctx)
	if failed == nil {
		for _, c := range again.Checks {
			if !c.Cached {
				failed = errors.Join(failed, fmt.Errorf("the run after the next executed %s again", c.Name))
			}
		}
	}
	return errors.Join(err, failed, b.leftovers())
}

// disturbed is a run with the fault in the middle. How it ends does not matter,
// but it has to end.
func (b *bench) disturbed(ctx context.Context, r round) (said []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	var out bytes.Buffer
	c := b.command(ctx)
	c.Stdout, c.Stderr = &out, &out
	c.WaitDelay = 10 * time.Second
	if err := c.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() {
		_ = c.Wait()
		close(ended)
	}()
	select {
	case <-ended: // quicker than it was measured
	case <-time.After(time.Duration(r.at * float64(b.took[r.phase]))):
	}
	mend, err := b.fault(ctx, r.fault, c)
	if err != nil {
		return nil, err
	}
	<-ended
	if ctx.Err() != nil {
		err = errors.New("the disturbed run did not end")
	}
	return out.Bytes(), errors.Join(err, mend())
}

// fault does what the fault is about, and returns what ends it.
func (b *bench) fault(ctx context.Context, f fault, c *exec.Cmd) (mend func() error, err error) {
	nothing := func() error { return nil }
	switch f {
	case builderKilled:
		state, err := embedded.Status(ctx, embedded.Options{StateDir: b.state})
		if err != nil || !state.Running {
			return nothing, err
		}
		return nothing, gone(syscall.Kill(state.PID, syscall.SIGKILL))
	case clientKilled:
		return nothing, gone(c.Process.Signal(syscall.SIGKILL))
	case interrupted:
		return nothing, gone(c.Process.Signal(syscall.SIGINT))
	case registryKilled:
		return func() error { return b.registry.start(ctx) }, b.registry.stop()
	case diskFilled:
		return b.fill()
	}
	return nothing, fmt.Errorf("no such fault: %s", f)
}

// gone passes over the error of a process that has ended by itself.
func gone(err error) error {
	if errors.Is(err, syscall.ESRCH) || errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// fill takes all space of the builder's disk.
func (b *bench) fill() (free func() error, err error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(b.disk, &stat); err != nil {
		return nil, err
	}
	name := filepath.Join(b.disk, "filler")
	file, err := os.Create(name)
	if err != nil {
		return func() error { return nil }, nil // it is full already
	}
	size := int64(stat.Bavail) * stat.Bsize
	if err := unix.Fallocate(int(file.Fd()), 0, 0, size); err != nil && !errors.Is(err, unix.ENOSPC) {
		return nil, errors.Join(err, file.Close())
	}
	return func() error { return os.Remove(name) }, file.Close()
}
