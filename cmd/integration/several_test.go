//go:build integration

package integration

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/cranekit/cranekit/buildkit/embedded"
	"github.com/cranekit/cranekit/cmd/report"
)

// farm is a workspace on two builders that share a cache.
type farm struct {
	*workspace
	// states are the builders' directories by their names in reports.
	states map[string]string
	// caches is the user's cache directory, which has the durations.
	caches string
}

// quickTransfer makes the durations that the first run measured say that a
// transfer takes a second: on a busy machine it takes longer than what a
// second builder saves here.
func (f *farm) quickTransfer(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(f.caches, "cranekit", "durations", "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files with durations: %q (%v)", files, err)
	}
	var d struct {
		Checks   map[string]float64 `json:"checks"`
		Transfer float64            `json:"transfer"`
	}
	data, err := os.ReadFile(files[0])
	if err == nil {
		err = json.Unmarshal(data, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"clippy", "package", "wait-a", "wait-b"} {
		if d.Checks[name] <= 0 {
			t.Errorf("no duration of %s in %s", name, data)
		}
	}
	if d.Transfer <= 0 {
		t.Errorf("no duration of the transfer in %s", data)
	}
	d.Transfer = 1
	if data, err = json.Marshal(d); err == nil {
		err = os.WriteFile(files[0], data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// newFarm starts two builders. Two checks do nothing but wait, so that a
// second builder saves time on any machine.
func newFarm(t *testing.T, cache string) *farm {
	t.Helper()
	f := &farm{workspace: unpack(t, "reruns"), states: map[string]string{}, caches: t.TempDir()}
	f.env = []string{"XDG_CACHE_HOME=" + f.caches, "CRANEKIT_CACHE=" + cache}
	text := "checks:\n  clippy:\n  package:\n  wait-a: {kind: custom, run: [\"echo waiting; sleep 12\"]}\n  wait-b: {kind: custom, run: [\"echo waiting; sleep 13\"]}\nbuilders:\n"
	for _, name := range []string{"left", "right"} {
		state := newState(t)
		address := startBuilder(t, state)
		f.states[name+" ("+address+")"] = state
		text += "  " + name + ": {address: \"" + address + "\"}\n"
	}
	f.write(t, "crane.yaml", text+"builder: left, right\n")
	f.trust = "builder"
	return f
}

func startBuilder(t *testing.T, state string) (address string) {
	t.Helper()
	b, err := prepare()
	if err != nil {
		t.Fatal(err)
	}
	run(t, b.binary, "builder", "start", "--state-dir", state)
	return builderOf(t, state).Address
}

// on are the builders that gave answers, without repetition.
func (o *outcome) on() []string {
	var names []string
	for _, c := range o.Checks {
		names = append(names, c.Builder)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// change makes all checks run again.
func (f *farm) change(t *testing.T, line string) {
	t.Helper()
	f.edit(t, "crates/util/src/lib.rs", "pub fn", "// "+line+"\npub fn")
}

// killed runs the checks and kills a builder while a check waits on each.
func (f *farm) killed(t *testing.T, builder string) *outcome {
	t.Helper()
	pid := builderOf(t, f.states[builder]).PID
	file := filepath.Join(f.dir, "result", report.SummaryFile)
	if err := os.RemoveAll(file); err != nil {
		t.Fatal(err)
	}
	cmd, stdout := startUntil(t, f.workspace, 2)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	o := &outcome{code: cmd.ProcessState.ExitCode(), stdout: stdout.String()}
	o.Summary = readSummary(t, file)
	return o
}

// TestSeveralBuilders runs one workspace on two builders: where checks go,
// that no dependency is compiled twice, and what happens when one dies.
func TestSeveralBuilders(t *testing.T) {
	h := serveRegistry(t, nil)
	f := newFarm(t, "type=registry,ref="+h.repository())

	first := f.check(t)
	first.wants(t, 0)
	contains(t, first.stdout, "how long they take is not known yet")
	if len(first.on()) != 1 {
		t.Fatalf("the first run was on %q", first.on())
	}
	leader := first.on()[0]
	var other string
	for name := range f.states {
		if name != leader {
			other = name
		}
	}

	f.quickTransfer(t)
	f.change(t, "spread")
	second := f.check(t)
	second.wants(t, 0)
	second.executed(t, "clippy", "package", "wait-a", "wait-b")
	contains(t, second.stdout, "builders: ", "by their last durations")
	if len(second.on()) != 2 || second.row(t, "wait-a").Builder == second.row(t, "wait-b").Builder {
		t.Fatalf("the second run was on %q\n%s", second.on(), second.stdout)
	}
	t.Logf("on one builder %.1f s with the dependencies, on two %.1f s", first.Seconds, second.Seconds)

	again := f.check(t)
	again.wants(t, 0)
	again.executed(t)

	for label, victim := range map[string]string{"other": other, "leader": leader} {
		f.change(t, "without the "+label)
		o := f.killed(t, victim)
		o.wants(t, 0)
		contains(t, o.stdout, victim+" is gone")
		for _, c := range o.Checks {
			if strings.HasPrefix(c.Name, "wait-") && c.Builder == victim {
				t.Errorf("%s: %s has its answer from %s", label, c.Name, c.Builder)
			}
		}
		o.noRebuilds(t)
		// The one that is gone is left out, and the run says so.
		f.change(t, "still without the "+label)
		o = f.check(t)
		o.wants(t, 0)
		contains(t, o.stdout, victim+" is gone")
		startBuilder(t, f.states[victim])
	}

	for _, state := range f.states {
		if _, err := embedded.Stop(t.Context(), embedded.Options{StateDir: state}); err != nil {
			t.Fatal(err)
		}
	}
	none := f.check(t)
	none.wants(t, 75)
}

// TestNativeBuilder sends a check with a target to the builder for its
// platform, here the one that both have: it is native on it.
func TestNativeBuilder(t *testing.T) {
	w := unpack(t, "reruns")
	triple := map[string]string{"amd64": "x86_64-unknown-linux-gnu", "arm64": "aarch64-unknown-linux-gnu"}[runtime.GOARCH]
	text := "checks:\n  test:\n  test-native: {kind: test, target: " + triple + "}\nbuilder: home, native\nbuilders:\n"
	states := map[string]string{}
	for name, more := range map[string]string{"home": "", "native": ", platforms: [linux/" + runtime.GOARCH + "]"} {
		states[name] = newState(t)
		text += "  " + name + ": {address: \"" + startBuilder(t, states[name]) + "\"" + more + "}\n"
	}
	w.write(t, "crane.yaml", text)
	w.trust = "builder"
	o := w.check(t)
	o.wants(t, 0)
	for check, builder := range map[string]string{"test": "home", "test-native": "native"} {
		if got := o.row(t, check).Builder; !strings.HasPrefix(got, builder+" ") {
			t.Errorf("%s was on %s, not on %s", check, got, builder)
		}
	}
	o.noRebuilds(t)

	if _, err := embedded.Stop(t.Context(), embedded.Options{StateDir: states["native"]}); err != nil {
		t.Fatal(err)
	}
	w.edit(t, "crates/util/src/lib.rs", "pub fn", "// without it\npub fn")
	o = w.check(t)
	o.wants(t, 0)
	contains(t, o.stdout, "is gone: test-native on home")

	w.edit(t, "crane.yaml", "linux/"+runtime.GOARCH, "linux/riscv64")
	w.edit(t, "crane.yaml", triple, "riscv64gc-unknown-linux-gnu")
	startBuilder(t, states["native"])
	o = w.check(t)
	o.wants(t, 2)
	contains(t, o.stderr, "not for linux/riscv64\nsee builders.NAME.platforms")
}
