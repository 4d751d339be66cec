package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// startTimeout is generous: a large cache index has to be read.
	startTimeout = 30 * time.Second
	// retireTimeout is how long an idle builder of another version may take
	// to close its socket. One that does not has clients and is used as it is.
	retireTimeout = 300 * time.Millisecond
)

// Ensure returns the address of the running builder, starting one if need be.
// A builder of another build of cranekit is replaced if it is idle. Any number
// of processes may call Ensure at once and get the same builder.
func Ensure(ctx context.Context, o Options) (address string, started bool, err error) {
	o, err = o.withDefaults()
	if err != nil {
		return "", false, err
	}
	home, err := createHome(o.StateDir)
	if err != nil {
		return "", false, err
	}
	defer home.Close()
	lock, err := home.lock()
	if err != nil {
		return "", false, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()

	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout,
		fmt.Errorf("the builder in %s does not answer: see %s, or end it with cranekit builder stop", o.StateDir, logPath(o.StateDir)))
	defer cancel()
	e := ensurer{Options: o, home: home, lock: lock}
	err = poll(ctx, func() (bool, error) { return e.step(ctx) })
	return e.address, e.started, err
}

// ensurer is the state of one call of [Ensure].
type ensurer struct {
	Options
	home    home
	lock    lockFile
	address string
	started bool
	// retired is when a builder of another build was asked to leave.
	retired time.Time
}

// step looks at the state directory once and reports whether a builder is ready.
func (e *ensurer) step(ctx context.Context) (bool, error) {
	info, err := e.lock.builder()
	if err != nil {
		return false, err
	}
	if info != nil {
		return e.use(ctx, info)
	}
	if gone, err := e.lock.gone(); !gone || err != nil {
		return false, err // it is starting or stopping
	}
	mine, err := e.lock.try(starting)
	if !mine || err != nil {
		return false, err
	}
	// It may have been started between the look at the lock and now.
	gone, err := e.lock.gone()
	if gone && err == nil {
		err = e.start(ctx)
	}
	return false, errors.Join(err, e.lock.release(starting))
}

// use reports whether the running builder accepts clients and is to be used.
func (e *ensurer) use(ctx context.Context, info *Info) (bool, error) {
	if build := buildID(); info.Build != build && !e.started {
		if e.retired.IsZero() {
			e.retired = time.Now()
			_ = e.lock.signal(info.PID, unix.SIGHUP) // one that can't be told is used as it is
			return false, nil
		}
		if time.Since(e.retired) < retireTimeout {
			return false, nil
		}
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", strings.TrimPrefix(info.Address, "unix://"))
	if err != nil {
		return false, nil // it is stopping
	}
	e.address = info.Address
	return true, conn.Close()
}

// start runs a builder and waits until it is ready.
func (e *ensurer) start(ctx context.Context) error {
	if err := Preflight(); err != nil {
		return err
	}
	if err := e.home.mkdir("tmp"); err != nil {
		return err
	}
	log, err := e.home.openLog()
	if err != nil {
		return err
	}
	defer log.Close()
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	cmd, err := command(e.Options, e.home, log)
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the embedded builder: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	e.started = true
	return poll(ctx, func() (bool, error) {
		if info, err := e.lock.builder(); info != nil || err != nil {
			return true, err
		}
		select {
		case err := <-exited:
			if err == nil {
				return true, nil // it was told to leave; the next step starts another
			}
			return false, fmt.Errorf("the embedded builder ended at once (%w): %w", err, tail(log, from))
		default:
			return false, nil
		}
	})
}
