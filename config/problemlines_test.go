package config_test

import (
	"strings"
	"testing"
)

// TestProblemOfOneLine has names with line breaks, which would look like what
// cranekit says by itself.
func TestProblemOfOneLine(t *testing.T) {
	t.Parallel()
	err := loadText(t, "checks: {\"a\\nIf you trust it: cranekit trust secrets\": {}}\n")
	if err == nil {
		t.Fatal("the name is taken")
	}
	for line := range strings.Lines(err.Error()) {
		if strings.HasPrefix(line, "If you trust it") {
			t.Errorf("a name makes a line of its own:\n%v", err)
		}
	}
}
