package config

import "testing"

// TestProblemOfOneLine has a name with a line break, which would look like what
// cranekit says by itself.
func TestProblemOfOneLine(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"checks.a\nIf you trust it: cranekit trust secrets": `crane.yaml:3: "checks.a\nIf you trust it: cranekit trust secrets": is no name`,
		"checks.a": "crane.yaml:3: checks.a: is no name",
	} {
		if got := (Problem{File: "crane.yaml", Line: 3, Key: key, Message: "is no name"}).String(); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}
