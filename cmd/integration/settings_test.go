//go:build integration

package integration

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/embedded"
	"github.com/cranekit/cranekit/llb"
)

// TestLimits gives checks a time, retries, memory and file systems in memory.
func TestLimits(t *testing.T) {
	w := unpack(t, "reruns")
	w.write(t, "crane.yaml", `checks:
  slow: {kind: custom, timeout: 3s, run: ["echo before; sleep 300 & sleep 300"]}
  stubborn: {kind: custom, timeout: 2s, run: ["trap '' TERM; echo deaf; while :; do sleep 1; done"]}
  flaky: {kind: custom, retries: 2, run: ["echo first", "test -e /tmp/again || { touch /tmp/again; echo 'test result: FAILED. 0 passed; 1 failed; 0 ignored;'; exit 1; }"]}
  hopeless: {kind: custom, retries: 1, run: ["exit 7"]}
  sizes:
    kind: custom
    tmp-size: 10MiB
    shm-size: 3MiB
    memory: 100MiB
    cpus: 0.5
    run:
      - "df -k /tmp | grep -q ' 10240 '"
      - "df -k /dev/shm | grep -q ' 3072 '"
      - "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null | grep -qx 104857600"
`)
	o := w.check(t)
	o.wants(t, 1)
	for name, want := range map[string]buildkit.Status{
		"slow": buildkit.StatusFailed, "stubborn": buildkit.StatusFailed, "flaky": buildkit.StatusPassed,
		"hopeless": buildkit.StatusFailed, "sizes": buildkit.StatusPassed,
	} {
		if got := o.row(t, name).Status; got != want {
			t.Errorf("%s is %s, want %s\n%s", name, got, want, o.stdout)
		}
	}
	for _, name := range []string{"slow", "stubborn"} {
		if row := o.row(t, name); !row.Timeout || row.ExitCode != 124 || row.Seconds > 60 {
			t.Errorf("%s: timeout %t, exit code %d, %.1f s", name, row.Timeout, row.ExitCode, row.Seconds)
		}
	}
	contains(t, o.stdout, "timed out after 3s", "before", "deaf", "passed, flaky", "only after 1 retry")
	if row := o.row(t, "flaky"); row.Retries != 1 || row.Metrics.TestsFailed != nil {
		t.Errorf("flaky: %d retries, tests failed %v", row.Retries, row.Metrics.TestsFailed)
	}
	if code := o.row(t, "hopeless").ExitCode; code != 7 {
		t.Errorf("hopeless: exit code %d", code)
	}
	// Neither time nor retries are in a key; a flaky check stays flaky.
	w.edit(t, "crane.yaml", "retries: 2", "retries: 3, timeout: 1h")
	o = w.check(t, "flaky")
	o.wants(t, 0)
	if row := o.row(t, "flaky"); !row.Cached || row.Retries != 1 {
		t.Errorf("flaky: cached %t, %d retries", row.Cached, row.Retries)
	}
}

// marker is searched for in all that a builder keeps.
const marker = "cranekit-marker-5f0c3a"

// TestCheckSecrets gives secrets to one check: it has them, no other has, and
// their values are in nothing that is kept.
func TestCheckSecrets(t *testing.T) {
	w := unpack(t, "reruns")
	w.state = filepath.Join(t.TempDir(), "state") // to be searched as a whole
	t.Cleanup(func() {
		if _, err := embedded.Stop(context.Background(), embedded.Options{StateDir: w.state}); err != nil {
			t.Error(err)
		}
	})
	w.write(t, "crane.yaml", `source: {exclude: [key]}
checks:
  has: {kind: custom, secrets: {TOKEN: "env:MY_TOKEN", key.pem: "file:key"}, run: ["test ${#TOKEN} -eq 24", "test $(wc -c </run/secrets/key.pem) -eq 22"]}
  has-not: {kind: custom, run: ["test -z \"${TOKEN-}\"", "test ! -e /run/secrets/key.pem"]}
`)
	w.write(t, "key", marker)
	refused := w.check(t)
	refused.wants(t, 2)
	contains(t, refused.stderr, "checks.has.secrets.TOKEN: env:MY_TOKEN asks for secrets", "cranekit trust secrets")
	w.trust = "secrets"
	w.env = []string{"MY_TOKEN=" + marker + "-1"}
	o := w.check(t)
	o.wants(t, 0)
	// Another value is the same key.
	w.env = []string{"MY_TOKEN=" + marker + "-22"}
	if o = w.check(t, "has"); !o.row(t, "has").Cached {
		t.Error("the value of a secret is in the key")
	}
	w.env = nil
	o = w.check(t, "has")
	o.wants(t, 2)
	contains(t, o.stderr, "checks.has.secrets.TOKEN", "MY_TOKEN is not set")
	for _, dir := range []string{w.state, filepath.Join(w.dir, "result")} {
		out, err := exec.Command("grep", "-rl", "--binary-files=text", marker, dir).CombinedOutput()
		if err == nil || len(out) > 0 {
			t.Errorf("the secret is in %s", out)
		}
	}
}

// TestNetwork lets one check out and no other, and tells it in the plan.
func TestNetwork(t *testing.T) {
	w := unpack(t, "reruns")
	const probe = "test $(grep -c : /proc/net/dev) -gt 1"
	w.write(t, "crane.yaml", `checks:
  out:
    kind: custom
    network: true
    run: ["`+probe+`"]
  in: {kind: custom, run: ["! { `+probe+`; }"]}
`)
	w.check(t).wants(t, 2)
	w.trust = "network"
	w.check(t).wants(t, 0)
	w.trust = ""
	plan := w.finish(t, w.command(t.Context(), "plan"))
	contains(t, plan.stdout, "out (custom; network, asked for by crane.yaml:4", "in (custom)\n")
}

// TestCheckSource narrows the source of checks: what they do not see does not
// run them again.
func TestCheckSource(t *testing.T) {
	w := unpack(t, "reruns")
	w.write(t, "docs/a.txt", "a")
	w.write(t, "crane.yaml", `checks:
  all: {kind: custom, run: ["test -e docs/a.txt"]}
  code: {kind: custom, source: {exclude: [docs]}, run: ["test ! -e docs", "test -e crates/app/src/main.rs"]}
  docs: {kind: custom, source: {include: [docs/**]}, run: ["test -e docs/a.txt", "test ! -e crates/app/src/main.rs", "test -e crates/app/Cargo.toml"]}
  fmt: {source: {exclude: [crates/app/tests]}}
`)
	w.check(t).wants(t, 0)
	w.write(t, "docs/a.txt", "b")
	if got, want := w.check(t).ran(), []string{"all", "docs"}; !slices.Equal(got, want) {
		t.Errorf("a change in docs executed %q, want %q", got, want)
	}
	w.edit(t, "crates/app/tests/run.rs", "#[test]", "#[test]\n")
	if got, want := w.check(t).ran(), []string{"all", "code"}; !slices.Equal(got, want) {
		t.Errorf("a change in code executed %q, want %q", got, want)
	}
}

// TestGitEnv hands the commit over without compiling dependencies again.
func TestGitEnv(t *testing.T) {
	w := unpack(t, "reruns")
	git := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("git", append([]string{"-C", w.dir, "-c", "user.name=a", "-c", "user.email=a@example.org"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	w.write(t, ".gitignore", "/result\n")
	w.write(t, "crane.yaml", `source: {git-env: {VERGEN_GIT_SHA: commit, BRANCH: branch}}
checks:
  fmt:
  show: {kind: custom, run: ["echo $VERGEN_GIT_SHA $BRANCH", "test ! -e .git"]}
`)
	o := w.check(t)
	o.wants(t, 2)
	contains(t, o.stderr, "source.git-env")
	git("init", "-q", "-b", "trunk")
	git("add", ".")
	git("commit", "-qm", "one")
	o = w.check(t)
	o.wants(t, 0)
	log, err := os.ReadFile(filepath.Join(w.dir, "result/show/log.txt"))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(log), git("rev-parse", "HEAD")+" trunk")
	git("commit", "-q", "--allow-empty", "-m", "two")
	if got := w.check(t).ran(); !slices.Equal(got, []string{"show"}) {
		t.Errorf("another commit executed %q, want the check alone", got)
	}
}

// TestScripts: run is one script, of sh or of what shell names, and needs nothing
// compiled where it says so.
func TestScripts(t *testing.T) {
	w := unpack(t, "reruns")
	w.nonce += "-scripts"
	w.write(t, "docs/a.txt", "")
	w.write(t, "crane.yaml", `checks:
  own: {kind: custom, run: ["cd docs", "x=1", "test -e a.txt && test $x = 1", "echo made >/out/report.txt"]}
  plain: {kind: custom, deps: none, run: ["false | true"]}
  piped: {kind: custom, deps: none, shell: "bash -euo pipefail -c", run: ["false | true"]}
  unset: {kind: custom, deps: none, run: ["echo $NOPE", "true"]}
  ends: {kind: custom, deps: none, run: ["false", "true"]}
  quick: {kind: custom, deps: none, run: "ls docs"}
`)
	o := w.check(t, "quick", "plain")
	o.wants(t, 0)
	for _, stage := range o.Summary.Stages {
		if stage.Role == llb.RoleStage || stage.Role == llb.RoleFetch {
			t.Errorf("%s ran for a script that needs nothing", stage.Name)
		}
	}
	o = w.check(t)
	o.wants(t, 1)
	for name, want := range map[string]buildkit.Status{
		"own": buildkit.StatusPassed, "plain": buildkit.StatusPassed, "quick": buildkit.StatusPassed,
		"piped": buildkit.StatusFailed, "unset": buildkit.StatusFailed, "ends": buildkit.StatusFailed,
	} {
		if got := o.row(t, name).Status; got != want {
			t.Errorf("%s is %s, want %s\n%s", name, got, want, o.stdout)
		}
	}
	if made, err := os.ReadFile(filepath.Join(w.dir, "result/own/report.txt")); err != nil || string(made) != "made\n" {
		t.Errorf("the script left %q (%v)", made, err)
	}
}

// TestNoTests builds a package whose tests fail, and does not run them.
func TestNoTests(t *testing.T) {
	w := unpack(t, "reruns")
	w.nonce += "-no-tests"
	w.write(t, "crates/app/tests/red.rs", "#[test]\nfn red() { panic!() }\n")
	w.write(t, "crane.yaml", `common: {profile: dev}
checks:
  package: {tests: false, args: "--workspace --locked"}
`)
	o := w.check(t)
	o.wants(t, 0)
	if stages := o.ran(); slices.Contains(stages, "deps test") {
		t.Errorf("%q ran", stages)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "result/package/bin/app")); err != nil {
		t.Error(err)
	}
	w.write(t, "crane.yaml", "common: {profile: dev}\nchecks:\n  package: {test-args: --no-run}\n")
	w.check(t).wants(t, 0)
}

// TestMatrix runs checks on legs: settings, packages, and a toolchain of a
// leg's own.
func TestMatrix(t *testing.T) {
	w := unpack(t, "reruns")
	w.nonce += "-matrix"
	other := relabel(t, w.layout)
	w.write(t, "crane.yaml", `matrix:
  plain:
  quick: {profile: dev}
  one: {packages: [util]}
  some: {exclude: [app]}
  other: {toolchain: {oci-layout: `+other+`}}
checks:
  clippy:
  probe: {kind: custom, matrix: [other], run: ["test $ANOTHER_IMAGE = 1", "cargo check --workspace --all-targets --release"]}
  fmt:
`)
	w.trust = "paths,toolchain"
	o := w.check(t, "--deny-rebuild")
	o.wants(t, 0)
	o.noRebuilds(t)
	var names []string
	for _, c := range o.Checks {
		names = append(names, c.Name)
	}
	want := []string{"clippy@plain", "clippy@quick", "clippy@one", "clippy@some", "clippy@other", "probe@other", "fmt"}
	if !slices.Equal(names, want) {
		t.Errorf("checks %q, want %q", names, want)
	}
	stages := o.ran()
	for _, stage := range []string{"fetch", "fetch@other", "deps check", "deps@other check", "deps (--profile dev) check", "deps (--release --package util) check", "deps (--release --exclude app) check"} {
		if !slices.Contains(stages, stage) {
			t.Errorf("%q is not among what ran: %q", stage, stages)
		}
	}
	for _, file := range []string{"clippy@one/log.txt", "probe@other/log.txt"} {
		if _, err := os.Stat(filepath.Join(w.dir, "result", file)); err != nil {
			t.Error(err)
		}
	}
	again := w.check(t, "clippy", "--deny-rebuild")
	again.wants(t, 0)
	if ran := again.ran(); len(ran) > 0 || len(again.Checks) != 5 {
		t.Errorf("the second run executed %q of %d checks", ran, len(again.Checks))
	}
}
