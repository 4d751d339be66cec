package cmd

import (
	"context"
	"io"
	"os"
	"regexp"
	"slices"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"
	"golang.org/x/term"

	"github.com/cranekit/cranekit/cmd/project"
)

// progress shows BuildKit's events until their channel is closed.
type progress struct {
	events chan *client.SolveStatus
	done   chan error
}

// newProgress starts a display: live on a terminal, a few lines for each step,
// all that the steps print, BuildKit's events, or nothing.
func newProgress(w io.Writer, mode string) (*progress, error) {
	mode = displayMode(w, mode)
	var to io.Writer
	of := map[string]progressui.DisplayMode{
		"tty": progressui.TtyMode, "plain": progressui.PlainMode, "full": progressui.PlainMode, "json": progressui.RawJSONMode, "quiet": progressui.QuietMode,
	}[mode]
	switch mode {
	case "tty":
		to = raw(w)
		if file, ok := to.(*os.File); ok {
			to = &terminal{File: file}
		}
	case "json":
		to = raw(w)
	case "plain":
		to = &withoutErrors{to: w}
	default:
		to = w
	}
	display, err := progressui.NewDisplay(to, of, progressui.WithPhase("Checking"))
	if err != nil {
		return nil, project.Usage(err)
	}
	p := &progress{events: make(chan *client.SolveStatus), done: make(chan error, 1)}
	shown := p.events
	switch mode {
	case "tty", "plain":
		shown = make(chan *client.SolveStatus)
		s := newSteps(mode == "plain")
		go s.filter(p.events, shown)
	case "json":
		shown = make(chan *client.SolveStatus)
		go withoutColors(p.events, shown)
	}
	go func() {
		// Not the context of the run: the end of a canceled one is shown too.
		_, err := display.UpdateFrom(context.Background(), shown)
		p.done <- err
	}()
	return p, nil
}

// wait returns when everything is shown.
func (p *progress) wait() error { return <-p.done }

// displayMode is what auto stands for.
func displayMode(w io.Writer, mode string) string {
	switch {
	case mode != "auto":
		return mode
	case os.Getenv("CI") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w):
		return "tty"
	default:
		return "plain"
	}
}

// isTerminal reports whether a writer is one in the end.
func isTerminal(w io.Writer) bool {
	file, ok := raw(w).(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// colored reports whether w wants colour: a terminal, and NO_COLOR is not set.
func colored(w io.Writer) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w)
}

// raw unwraps a writer that makes text harmless: for output that a terminal has to
// obey.
func raw(w io.Writer) io.Writer {
	if filter, ok := w.(interface{ Raw() io.Writer }); ok {
		return filter.Raw()
	}
	return w
}

// sgr is a colour.
var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

// withoutColors takes the colours out of logs.
func withoutColors(from <-chan *client.SolveStatus, to chan<- *client.SolveStatus) {
	defer close(to)
	for status := range from {
		own := *status
		own.Logs = slices.Clone(status.Logs)
		for i, log := range own.Logs {
			bare := *log
			bare.Data = sgr.ReplaceAll(log.Data, nil)
			own.Logs[i] = &bare
		}
		to <- &own
	}
}

// withoutErrors leaves out what BuildKit's displays print last: the logs of
// steps that failed once more. The reports have what matters of them.
type withoutErrors struct {
	to     io.Writer
	inside bool
}

// errorRule is the line before and after the log of a failed step, in a write of
// its own.
const errorRule = "------\n"

// Write expects each part in a write of its own.
func (w *withoutErrors) Write(text []byte) (int, error) {
	if string(text) == errorRule {
		w.inside = !w.inside
		return len(text), nil
	}
	if w.inside {
		return len(text), nil
	}
	return w.to.Write(text)
}

// terminal is [withoutErrors] that can be asked for its size.
type terminal struct {
	*os.File
	errors withoutErrors
}

// Write is that of [withoutErrors].
func (t *terminal) Write(text []byte) (int, error) {
	t.errors.to = t.File
	return t.errors.Write(text)
}
