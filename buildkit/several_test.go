package buildkit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/moby/buildkit/client"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/source"
	"github.com/cranekit/cranekit/llb"
)

// deadBuilder does not answer, which a real one cannot be made to do at once.
type deadBuilder struct {
	name  string
	asked *askedBuilders
	// answer is what becomes of a call.
	answer func(context.Context) error
}

// askedBuilders are the names of those that somebody tried to reach, in order.
type askedBuilders struct {
	mu    sync.Mutex
	names []string
}

func (b deadBuilder) Name() string { return b.name }

func (deadBuilder) Close() error { return nil }

func (b deadBuilder) Client(ctx context.Context) (*client.Client, error) {
	b.asked.mu.Lock()
	b.asked.names = append(b.asked.names, b.name)
	b.asked.mu.Unlock()
	return nil, b.answer(ctx)
}

func unplanned(Target) (*llb.Graph, error) {
	return nil, errors.New("a graph was made without a builder")
}

// TestNoBuilder has runs that end before a graph is there: each check has an
// end, events are closed, and the error is that of the builder that was last.
func TestNoBuilder(t *testing.T) {
	t.Parallel()
	gone := func(context.Context) error { return fmt.Errorf("%w: nobody is there", builder.ErrUnreachable) }
	broken := errors.New("a certificate is missing")
	missing := map[string]Toolchain{"": {Dockerfile: filepath.Join(t.TempDir(), "Dockerfile")}}
	for name, c := range map[string]struct {
		builders   []string
		toolchains map[string]Toolchain
		answer     func(context.Context) error
		want       error
		asked      int
		notes      []string
	}{
		"one is gone":       {builders: []string{"a"}, answer: gone, want: builder.ErrUnreachable, asked: 1},
		"all are gone":      {builders: []string{"a", "a"}, answer: gone, want: builder.ErrUnreachable, asked: 1, notes: []string{"all checks on a: to use several builders at once, they need a cache that they all can write and read"}},
		"one after another": {builders: []string{"a", "b"}, answer: gone, want: builder.ErrUnreachable, asked: 2},
		"not to be used":    {builders: []string{"a", "b"}, answer: func(context.Context) error { return broken }, want: broken, asked: 1},
		"a missing file":    {builders: []string{"a"}, toolchains: missing, answer: gone, want: os.ErrNotExist},
		"missing, of two":   {builders: []string{"a", "b"}, toolchains: missing, answer: gone, want: os.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := &askedBuilders{}
			var members []Member
			for _, name := range c.builders {
				members = append(members, Member{Builder: deadBuilder{name, asked, c.answer}})
			}
			events, closed := make(chan *client.SolveStatus), make(chan struct{})
			go func() {
				defer close(closed)
				for range events {
				}
			}()
			report, err := RunOn(t.Context(), members, unplanned, Request{
				Inputs: Inputs{Toolchains: c.toolchains, Tree: &source.Tree{Root: t.TempDir()}},
				Checks: []string{"clippy", "package"}, Events: events,
			})
			<-closed
			if !errors.Is(err, c.want) || len(asked.names) != c.asked {
				t.Errorf("asked %q: %v, want %d and %v", asked.names, err, c.asked, c.want)
			}
			for i, check := range []string{"clippy", "package"} {
				if got := report.Results[i]; got.Name != check || got.Status != StatusCanceled {
					t.Errorf("%s ended as %+v", check, got)
				}
			}
			if c.notes != nil && !slices.Equal(report.Notes, c.notes) {
				t.Errorf("notes %q", report.Notes)
			}
		})
	}
}
