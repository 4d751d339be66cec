//go:build integration

package integration

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
)

// TestRed makes checks fail: the others go on, reports come out, and the next
// run repeats what was red only.
func TestRed(t *testing.T) {
	w := unpack(t, "reruns")
	w.edit(t, "crates/util/src/lib.rs", `"120"`, `"wrong"`)
	w.edit(t, "crates/app/src/main.rs", "fn main() {", "fn main() {\n    let unused = 1;")
	w.write(t, "crane.yaml", "checks:\n  clippy:\n  package:\n  tests: {kind: test, args: \"--no-fail-fast\"}\n  check:\n  fmt:\n  script: {kind: custom, run: [\"echo some output\", \"exit 3\"]}\n")

	o := w.check(t)
	o.wants(t, 1)
	o.noRebuilds(t)
	for name, want := range map[string]buildkit.Status{
		"clippy": buildkit.StatusFailed, "package": buildkit.StatusFailed, "tests": buildkit.StatusFailed,
		"check": buildkit.StatusPassed, "fmt": buildkit.StatusPassed, "script": buildkit.StatusFailed,
	} {
		if got := o.row(t, name).Status; got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	contains(t, o.stdout, "unused variable: `unused`", "tests::digits", "some output", "cranekit check script")
	if code := o.row(t, "script").ExitCode; code != 3 {
		t.Errorf("exit code of the script: %d, want 3", code)
	}
	if failed := o.row(t, "tests").Metrics.TestsFailed; failed == nil || *failed != 1 {
		t.Errorf("tests failed: %v, want 1", failed)
	}
	// The binary was built before its tests failed.
	for _, file := range []string{"package/bin/app", "package/log.txt", "clippy/messages.json", "script/log.txt"} {
		if _, err := os.Stat(filepath.Join(w.dir, "result", file)); err != nil {
			t.Error(err)
		}
	}

	again := w.check(t)
	again.wants(t, 1)
	if got, want := again.ran(), []string{"clippy", "package", "script", "tests"}; !slices.Equal(got, want) {
		t.Errorf("the second run executed %q, want %q", got, want)
	}

	fast := w.check(t, "--fail-fast", "--jobs", "1", "script", "clippy", "tests")
	fast.wants(t, 1)
	canceled := 0
	for _, c := range fast.Checks {
		if c.Status == buildkit.StatusCanceled {
			canceled++
		}
	}
	if canceled != 2 {
		t.Errorf("--fail-fast canceled %d checks, want 2\n%s", canceled, fast.stdout)
	}
}

// TestRebuild gives a check an environment that a dependency watches: cargo
// has to compile it again, and says why.
func TestRebuild(t *testing.T) {
	w := unpack(t, "reruns")
	env := []string{"clippy", "--set", "checks.clippy.env.RUST_LIBC_UNSTABLE_FREEBSD_VERSION=13"}
	o := w.check(t, env...)
	o.wants(t, 0)
	rebuilt := o.row(t, "clippy").Deps.Rebuilt
	if len(rebuilt) == 0 {
		t.Fatalf("nothing was rebuilt\n%s", o.stdout)
	}
	contains(t, o.stdout, "libc 0.2.191", "RUST_LIBC_UNSTABLE_FREEBSD_VERSION changed")

	denied := w.check(t, append(env, "--deny-rebuild")...)
	denied.wants(t, 1)
	if got := denied.row(t, "clippy"); got.Status != buildkit.StatusFailed || !got.Cached {
		t.Errorf("clippy is %s, cached %t; want the cached result called red", got.Status, got.Cached)
	}
}

// TestSelection gives checks arguments that select other features and targets
// than the stages do: what follows is cooked too.
func TestSelection(t *testing.T) {
	w := unpack(t, "reruns")
	w.write(t, "crane.yaml", "checks:\n  clippy: {args: \"-- --deny warnings\"}\n  one: {kind: clippy, args: \"-p util --all-targets\"}\n  doc:\n"+
		"  quick: {kind: check, profile: dev}\n  unit: {kind: test, args: \"-p util --lib\"}\n")
	o := w.check(t, "--deny-rebuild")
	o.wants(t, 0)
	o.noRebuilds(t)
	if _, err := os.Stat(filepath.Join(w.dir, "result/doc/doc/util/index.html")); err != nil {
		t.Error(err)
	}
}

// TestLeftover has a check that leaves a process running: as with cargo by
// hand, that is not waited for.
func TestLeftover(t *testing.T) {
	w := unpack(t, "reruns")
	w.write(t, "crane.yaml", "checks:\n  daemon: {kind: custom, run: [\"sleep 600 & echo started\"]}\n")
	o := w.check(t)
	o.wants(t, 0)
	if took := o.row(t, "daemon").Seconds; took > 60 {
		t.Errorf("the check took %.1f s", took)
	}
}
