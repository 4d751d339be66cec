package llb

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestExecKeepsVariables: a compiler wrapper loses no variable that cargo sets,
// whatever a shell thinks of its name. Every coverage of a program with a dash
// in its name was red before: CARGO_BIN_EXE_… was not there.
func TestExecKeepsVariables(t *testing.T) {
	t.Parallel()
	shells := [][]string{{"sh"}}
	for _, other := range [][]string{{"dash"}, {"bash"}, {"busybox", "sh"}} {
		if _, err := exec.LookPath(other[0]); err == nil {
			shells = append(shells, other)
		}
	}
	for _, shell := range shells {
		t.Run(shell[0], func(t *testing.T) {
			t.Parallel()
			for name, env := range map[string][]string{
				"none":    {"PLAIN=a b"},
				"dashes":  {"PLAIN=a b", "CARGO_BIN_EXE_my-app=/target/a *", "x.y=1", "CARGO_PKG_DESCRIPTION=two lines,\none-like=a variable"},
				"nothing": {"PLAIN="},
			} {
				args := slices.Concat(shell[1:], []string{"-c", ". ./scripts/exec.sh", "wrapper", "env", "-0"})
				cmd := exec.Command(shell[0], args...)
				cmd.Env = append([]string{"PATH=/usr/bin:/bin"}, env...)
				out, err := cmd.Output()
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				got := strings.Split(string(out), "\x00")
				for _, want := range env {
					if !slices.Contains(got, want) {
						t.Errorf("%s: %q is lost, there are %q", name, want, got)
					}
				}
			}
		})
	}
}
