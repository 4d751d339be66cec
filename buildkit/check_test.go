package buildkit

import (
	"errors"
	"syscall"
	"testing"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/output"
)

// TestUnusableLayer suspects a layer only of what the builder could not do.
func TestUnusableLayer(t *testing.T) {
	t.Parallel()
	corrupt := errors.New("corrupt layer")
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"read":         {unsaved(output.UnreadError{Err: corrupt}), true},
		"solve":        {unsolved{corrupt}, true},
		"a full disk":  {unsaved(syscall.ENOSPC), false},
		"gone":         {unsolved{builder.ErrUnreachable}, false},
		"a part of it": {unsolved{errors.New("unsupported offset")}, false},
		"nothing":      {nil, false},
	} {
		if got := unusableLayer(c.err); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
