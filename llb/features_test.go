package llb

import (
	"strings"
	"testing"
)

// featured is a workspace whose members have features with and without an effect
// on dependencies.
const featured = "testdata/features"

// TestLegsShareStages: features that make no difference to dependencies leave
// the stages as they are, as settings and as arguments; others have their own.
func TestLegsShareStages(t *testing.T) {
	t.Parallel()
	usual := keys(t, plan(t, featured, layoutBase()))
	for _, c := range []struct {
		name  string
		set   []string
		check string // what the check starts from
	}{
		{"idle feature", []string{"common.features=idle"}, "deps check"},
		{"of a member", []string{"common.features=app/idle"}, "deps check"},
		{"several", []string{"common.features=idle,fancy"}, "deps check"},
		{"default again", []string{"common.no-default-features=true", "common.features=default"}, "deps check"},
		{"effect", []string{"common.features=extra"}, "deps check"},
		{"leg with effect", []string{"matrix.usual.profile=release", "matrix.leg.features=extra", "checks.clippy.matrix=leg"}, "deps (--release --features extra) check"},
		{"leg with some", []string{"matrix.usual.profile=release", "matrix.leg.features=idle,extra", "checks.clippy.matrix=leg"}, "deps (--release --features extra) check"},
		{"leg without", []string{"matrix.usual.profile=release", "matrix.leg.features=idle", "checks.clippy.matrix=leg"}, "deps check"},
		{"argument", []string{"checks.clippy.args=--all-targets --features idle"}, "deps check"},
		{"argument with effect", []string{"checks.clippy.args=--all-targets -F extra"}, "deps check + check --all-targets --workspace --features extra"},
		{"package and argument", []string{"checks.clippy.args=--all-targets -p lib -F fancy"}, "deps check + check --all-targets --package lib"},
		{"taken back", []string{"common.features=full,idle", "checks.clippy.args=--all-targets --no-default-features"}, "deps check + check --all-targets --workspace --features full,idle --no-default-features"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := plan(t, featured, layoutBase(), c.set...)
			for _, n := range g.Checks() {
				if n.Kind != "clippy" {
					continue
				}
				if got := n.Needs[0]; got != c.check {
					t.Errorf("%s starts from %q, want %q", n.Name, got, c.check)
				}
				if line := n.Commands[0]; strings.Contains(strings.Join(c.set, " "), "idle") && !strings.Contains(line, "idle") {
					t.Errorf("%s lost its feature: %s", n.Name, line)
				}
			}
			shared := keys(t, g)["deps check"] == usual["deps check"]
			if want := !strings.HasPrefix(c.name, "effect"); shared != want && g.Node("deps check") != nil {
				t.Errorf("deps check is the same: %t, want %t", shared, want)
			}
		})
	}
}

// TestLegsOfFeatures: legs that differ in features of members have all their
// stages in common, and checks of their own.
func TestLegsOfFeatures(t *testing.T) {
	t.Parallel()
	g := plan(t, featured, layoutBase(), "matrix.plain.profile=release", "matrix.idle.features=idle", "matrix.fancy.features=lib/fancy")
	stages, checks := 0, map[string]bool{}
	all := keys(t, g)
	for _, n := range g.Nodes {
		switch n.Role {
		case RoleStage:
			stages++
		case RoleCheck:
			checks[all[n.Name]] = true
		}
	}
	if stages != 3 || len(checks) != 9 {
		t.Errorf("%d stages and %d different checks, want 3 and 9", stages, len(checks))
	}
}
