package cmd

import (
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/config"
)

// TestReruns picks the checks that run though nothing has changed.
func TestReruns(t *testing.T) {
	t.Parallel()
	checks := []config.Check{{Name: "fmt", Cache: true}, {Name: "test", Cache: true}, {Name: "live"}, {Name: "test@musl", Leg: "musl", Cache: true}}
	for patterns, want := range map[string]string{"": "live", "*": "fmt test live", "test": "test live", "nope": "error"} {
		var given []string
		if patterns != "" {
			given = []string{patterns}
		}
		got, err := reruns(checks, []string{"fmt", "test", "live"}, given)
		if err != nil {
			got = []string{"error"}
		}
		if !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("--rerun=%s: %q, %v", patterns, got, err)
		}
	}
}
