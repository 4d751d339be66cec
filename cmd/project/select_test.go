package project

import (
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/config"
)

func TestSelectChecks(t *testing.T) {
	t.Parallel()
	checks := []config.Check{{Name: "clippy"}, {Name: "test-unit"}, {Name: "test-doc"}, {Name: "fmt"}}
	for name, c := range map[string]struct {
		patterns, skip    []string
		selected, skipped []string
		err               string
	}{
		"all":             {selected: []string{"clippy", "test-unit", "test-doc", "fmt"}},
		"by name":         {patterns: []string{"fmt", "clippy"}, selected: []string{"clippy", "fmt"}},
		"by glob":         {patterns: []string{"test-*"}, selected: []string{"test-unit", "test-doc"}},
		"skip":            {skip: []string{"test-*"}, selected: []string{"clippy", "fmt"}, skipped: []string{"test-unit", "test-doc"}},
		"both":            {patterns: []string{"test-*"}, skip: []string{"*doc"}, selected: []string{"test-unit"}, skipped: []string{"test-doc"}},
		"unknown":         {patterns: []string{"clipy"}, err: "there are clippy, test-unit, test-doc, fmt"},
		"unknown to skip": {skip: []string{"nope"}, err: `no check matches "nope"`},
		"bad pattern":     {patterns: []string{"["}, err: "syntax error in pattern"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			selected, skipped, err := Select(checks, c.patterns, c.skip)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || !isUsage(err) {
					t.Errorf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil || !slices.Equal(selected, c.selected) || !slices.Equal(skipped, c.skipped) {
				t.Errorf("selected %q, skipped %q (%v); want %q and %q", selected, skipped, err, c.selected, c.skipped)
			}
		})
	}
}
