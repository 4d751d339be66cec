package buildkit

import (
	"errors"
	"strings"
	"testing"
)

// TestHalfDone tells what another attempt gets past from what it does not.
func TestHalfDone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"failed to compute cache key: failed to copy: unsupported offset":                                             true,
		"failed to prepare a as b: failed to rename: rename /x/snapshots/new-1695960105 /x/snapshots/35: file exists": true,
		"failed to rename: rename /x/a /x/b: no space left on device":                                                 false,
		"process \"/bin/sh\" did not complete successfully: exit code: 1":                                             false,
	} {
		if got := halfDone(errors.New(text)); got != want {
			t.Errorf("%s: %t", text, got)
		}
		err := unsolved{errors.New(text)}
		if unusableLayer(err) == want {
			t.Errorf("%s: blamed on a cache: %t", text, !want)
		}
		if cured := withCure(err).Error(); strings.Contains(cured, "restart the builder") != strings.Contains(text, "offset") {
			t.Errorf("%s", cured)
		}
	}
	if halfDone(nil) {
		t.Error("no error is one")
	}
}
