package config

import (
	"strings"
	"testing"
)

// TestDottedNames: names of checks, legs and builders can have dots, so that two
// settings have one path. A later one took the place of an earlier one in what a
// file asks for, and it asked for nothing.
func TestDottedNames(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a switch and a variable": `
checks:
  y.env: {kind: custom, deps: none, run: "true", insecure: true, network: true}
  y: {kind: custom, deps: none, run: "true", env: {insecure: x, network: x}}
`,
		"a secret and a user": `
checks:
  a: {kind: custom, deps: none, run: "true", secrets: {user: "file:/etc/canary"}}
  a.secrets: {kind: custom, deps: none, user: true, run: "true"}
`,
		"a size and a secret": `
checks:
  a.secrets: {kind: custom, deps: none, run: "true", output-size: 1TiB}
  a: {kind: custom, deps: none, run: "true", secrets: {output-size: "file:/etc/passwd"}}
`,
	} {
		dir := project(t, "crane.yaml", text)
		c, err := Load(testOptions(dir))
		if err == nil {
			t.Errorf("%s: no error, and it asks for %q", name, asked(c))
			continue
		}
		if !strings.Contains(err.Error(), "crane.yaml:") || !strings.Contains(err.Error(), "two meanings") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A name with a dot alone means nothing.
	dir := project(t, "crane.yaml", `
checks:
  y.env: {kind: custom, deps: none, run: "true", network: true}
  y: {kind: custom, deps: none, run: "true", env: {FOO: x}}
`)
	c, err := Load(testOptions(dir))
	if err != nil {
		t.Fatal(err)
	}
	if got := asked(c, "y.env"); len(got) != 1 || !strings.HasPrefix(got[0], "network checks.y.env.network") {
		t.Errorf("asks for %q", got)
	}
}
