//go:build !linux

package embedded

import "context"

// Preflight says what this machine lacks to run the builder.
func Preflight() error { return ErrUnsupported }

// Serve runs the builder until ctx ends.
func Serve(context.Context, Options) error { return ErrUnsupported }

// Ensure returns the address of the running builder, starting one if need be.
func Ensure(context.Context, Options) (address string, started bool, err error) {
	return "", false, ErrUnsupported
}

// Status describes the builder of a state directory.
func Status(context.Context, Options) (State, error) { return State{}, ErrUnsupported }

// Stop ends the builder of a state directory.
func Stop(context.Context, Options) (stopped bool, err error) { return false, ErrUnsupported }

// StopIdle ends the builder of a state directory if nobody uses it.
func StopIdle(context.Context, Options) (stopped bool, err error) { return false, ErrUnsupported }
