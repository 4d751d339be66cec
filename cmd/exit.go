package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/embedded"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// The exit codes of cranekit.
const (
	exitGreen       = 0
	exitRed         = 1
	exitUsage       = 2
	exitUnreachable = 75
	exitInterrupted = 130
)

// exitError carries the exit code of a run whose outcome is printed already.
type exitError struct{ code int }

func (e *exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

var errInterrupted = errors.New("interrupted")

// exitCode is the one place where errors become exit codes. Of joined errors it
// is that of the worst: the order of the codes is that of how bad they are.
func exitCode(err error) int {
	worst := ownExitCode(err)
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, part := range joined.Unwrap() {
			worst = max(worst, exitCode(part))
		}
	}
	return worst
}

func ownExitCode(err error) int {
	var exit *exitError
	var usage project.UsageError
	var problems *config.Error
	var file *cargo.FileError
	var files builder.FilesError
	var busy *embedded.BusyError
	switch {
	case err == nil:
		return exitGreen
	case errors.As(err, &exit):
		return exit.code
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.Is(err, builder.ErrUnreachable), errors.Is(err, buildkit.ErrRegistry):
		return exitUnreachable
	case errors.As(err, &usage), errors.As(err, &problems), errors.As(err, &file), errors.As(err, &files), errors.Is(err, builder.ErrUnfit), errors.Is(err, embedded.ErrUnsafe), errors.As(err, &busy):
		return exitUsage
	default:
		return exitRed
	}
}

// untold is what of an error has yet to be printed: all but exit codes, whose
// reasons stand in the table.
func untold(err error) error {
	if _, ok := errors.AsType[*exitError](err); !ok {
		return err
	}
	var rest []error
	for _, part := range joined(err) {
		rest = append(rest, untold(part))
	}
	return errors.Join(rest...)
}

// joined are the errors that stand side by side, nil for an error that is one,
// even if it wraps several.
func joined(err error) []error {
	all, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	// Text between them makes several one error: %w twice.
	if side := errors.Join(all.Unwrap()...); side == nil || side.Error() != err.Error() {
		return nil
	}
	return all.Unwrap()
}

// withInterrupt cancels the context at the first Ctrl-C or SIGTERM and ends
// the process at the second.
func withInterrupt(parent context.Context, stderr io.Writer) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		cancel(errInterrupted)
		fmt.Fprintln(stderr, "\ncranekit: stopping; once more to end at once")
		if _, ok := <-signals; ok {
			os.Exit(exitInterrupted)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}
