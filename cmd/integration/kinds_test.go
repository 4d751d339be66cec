//go:build integration

package integration

import (
	"slices"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
)

// TestKinds runs the kinds that no other test has.
func TestKinds(t *testing.T) {
	w := unpack(t, "reruns")
	w.write(t, "crane.yaml", "checks:\n  doctest: {profile: dev}\n  taplo:\n")
	w.write(t, "odd.toml", "a   =   1\n")
	o := w.check(t)
	o.wants(t, 1)
	o.noRebuilds(t)
	doctest := o.row(t, "doctest")
	if doctest.Status != buildkit.StatusPassed || doctest.Metrics.TestsPassed == nil {
		t.Errorf("doctest: %s, tests %v\n%s", doctest.Status, doctest.Metrics.TestsPassed, o.stdout)
	}
	if row := o.row(t, "taplo"); row.Status != buildkit.StatusFailed {
		t.Errorf("taplo is %s on a file without format", row.Status)
	}
	contains(t, o.stdout, "odd.toml")
	w.write(t, "odd.toml", "a = 1\n")
	w.write(t, "taplo.toml", "include = [\"odd.toml\"]\n")
	o = w.check(t, "taplo")
	o.wants(t, 0)
	if ran := o.ran(); !slices.Equal(ran, []string{"taplo"}) {
		t.Errorf("an edited file ran %q, want taplo alone", ran)
	}
}
