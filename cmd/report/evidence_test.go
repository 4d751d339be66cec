package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// TestBuildScripts has the log of two build scripts that failed, as cargo writes
// it: over a hundred lines, of which a few matter.
func TestBuildScripts(t *testing.T) {
	t.Parallel()
	log, err := os.ReadFile(filepath.Join("testdata", "build-scripts.log"))
	if err != nil {
		t.Fatal(err)
	}
	row := Judge(config.Check{Name: "x", Kind: "clippy"}, buildkit.Result{Status: buildkit.StatusError, Log: log}, JudgeOptions{})
	golden(t, "build-scripts.golden", []byte(row.evidence(said{})))
	lines := strings.Split(row.evidence(said{}), "\n")
	if !strings.Contains(strings.Join(lines[:4], "\n"), "panicked at") {
		t.Errorf("the panic is not among the first lines: %q", lines[:4])
	}
}

func TestBuildScriptOfAnyForm(t *testing.T) {
	t.Parallel()
	const head = "error: failed to run custom build command for `x v1.0.0`\n\nCaused by:\n  process didn't exit successfully: `/x` (exit status: 1)\n"
	for name, c := range map[string]struct{ log, want string }{
		"nothing":          {"error: could not compile", ""},
		"silent":           {head, "error: failed to run custom build command for `x v1.0.0`"},
		"stdout alone":     {head + "  --- stdout\n  cargo:rustc-link-lib=x\n  no luck\nwarning: build failed, waiting for other jobs to finish...\n", "error: failed to run custom build command for `x v1.0.0`\n\nIt printed:\nno luck"},
		"before the panic": {head + "  --- stderr\n  looking\n\n  thread 'main' panicked at build.rs:1:2:\n  no x\n", "error: failed to run custom build command for `x v1.0.0`\n\nthread 'main' panicked at build.rs:1:2:\nno x\n\nBefore:\nlooking"},
		"an older panic":   {head + "  --- stderr\n  looking\n  thread 'main' panicked at 'no x', build.rs:1:2\n", "error: failed to run custom build command for `x v1.0.0`\n\nthread 'main' panicked at 'no x', build.rs:1:2\n\nBefore:\nlooking"},
	} {
		if got := buildScripts([]byte("   Compiling x v1.0.0\n" + c.log)); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
	if got := tail([]byte("a\ncargo:rerun-if-changed=x\ncargo::rustc-cfg=y\nCC = None\nb = None of it\n"), 5); got != "a\nb = None of it" {
		t.Errorf("tail %q", got)
	}
}

// TestErrorsAreShownOnce has two checks that find the same error, one of them
// another too.
func TestErrorsAreShownOnce(t *testing.T) {
	t.Parallel()
	both := cargo.Diagnostic{Level: "error", Rendered: "error: both\n"}
	row := func(name string, found ...cargo.Diagnostic) Check {
		n := 0
		for _, d := range found {
			if d.Level == "error" {
				n++
			}
		}
		return Check{Name: name, Status: buildkit.StatusFailed, Metrics: Metrics{Errors: &n}, details: details{found: found}}
	}
	first, second := row("first", both, cargo.Diagnostic{Level: "warning", Rendered: "warning: w"}), row("second", both, cargo.Diagnostic{Level: "error", Rendered: "error: own"})
	shown := said{}
	if got := first.evidence(shown); got != "error: both\n\n1 warning is in the log." {
		t.Errorf("got %q", got)
	}
	if got := second.evidence(shown); got != "error: own\n\nThe same error as for first." {
		t.Errorf("got %q", got)
	}
}

func TestFailedTestsAreLimited(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var names []string
	sections := ""
	for i := range 25 {
		name := "t" + strings.Repeat("x", i)
		names = append(names, "    "+name)
		sections += "\n---- " + name + " stdout ----\n" + strings.Repeat("line\n", 100) + "last of " + name + "\n"
	}
	log := "     Running tests/k.rs (target/debug/deps/k-0000000000000001)\n\nrunning 25 tests\n\nfailures:\n" + sections +
		"\n\nfailures:\n" + strings.Join(names, "\n") + "\n\ntest result: FAILED. 0 passed; 25 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n"
	if err := os.WriteFile(filepath.Join(dir, "log.txt"), []byte(log), 0o644); err != nil {
		t.Fatal(err)
	}
	row := Judge(config.Check{Name: "x", Kind: "custom", Run: []string{"x"}}, buildkit.Result{Status: buildkit.StatusFailed, Dir: dir}, JudgeOptions{})
	got := row.evidence(said{})
	if n := strings.Count(got, "\n"); n > mostTests*(tailLines+3) {
		t.Errorf("%d lines", n)
	}
	if !strings.Contains(got, "last of txxxx\n") || !strings.HasSuffix(got, "2 more") {
		t.Errorf("got %s", got)
	}
}
