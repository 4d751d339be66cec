package buildkit

import (
	"errors"
	"syscall"
	"testing"

	gateway "github.com/moby/buildkit/frontend/gateway/client"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/output"
)

// TestUnusableLayer suspects a layer only where there are caches, and only of
// what the builder could not do.
func TestUnusableLayer(t *testing.T) {
	t.Parallel()
	with, without := newRun(Request{Caches: []Cache{{Type: "local"}}}), newRun(Request{})
	with.caches[0].found = map[string][]gateway.CacheOptionsEntry{"x": nil}
	corrupt := errors.New("corrupt layer")
	for name, c := range map[string]struct {
		run  *run
		err  error
		want bool
	}{
		"read":         {with, unsaved(output.UnreadError{Err: corrupt}), true},
		"solve":        {with, unsolved{corrupt}, true},
		"no cache":     {without, unsaved(output.UnreadError{Err: corrupt}), false},
		"a full disk":  {with, unsaved(syscall.ENOSPC), false},
		"gone":         {with, unsolved{builder.ErrUnreachable}, false},
		"a part of it": {with, unsolved{errors.New("unsupported offset")}, false},
		"nothing":      {with, nil, false},
	} {
		if got := c.run.unusableLayer(c.err); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
