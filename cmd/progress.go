package cmd

import (
	"context"
	"io"
	"os"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"
	"golang.org/x/term"
)

// progress shows BuildKit's events until their channel is closed.
type progress struct {
	events chan *client.SolveStatus
	done   chan error
}

// newProgress starts a display of the mode auto, tty, plain, json or quiet.
func newProgress(w io.Writer, mode string) (*progress, error) {
	display, err := progressui.NewDisplay(w, displayMode(mode), progressui.WithPhase("Checking"))
	if err != nil {
		return nil, usageError{err}
	}
	p := &progress{events: make(chan *client.SolveStatus), done: make(chan error, 1)}
	go func() {
		// Not the context of the run: the end of a cancelled one is shown too.
		_, err := display.UpdateFrom(context.Background(), p.events)
		p.done <- err
	}()
	return p, nil
}

// wait returns when everything is shown.
func (p *progress) wait() error { return <-p.done }

func displayMode(mode string) progressui.DisplayMode {
	switch {
	case mode == "json":
		return progressui.RawJSONMode
	case mode == "auto" && (os.Getenv("CI") != "" || os.Getenv("TERM") == "dumb"):
		return progressui.PlainMode
	default:
		return progressui.DisplayMode(mode)
	}
}

// colored says whether w wants colour: a terminal, and NO_COLOR is not set.
func colored(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))
}
