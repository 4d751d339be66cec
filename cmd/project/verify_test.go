package project

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/config"
)

// verified is what is wrong with a crane.yaml for the example workspace, or for
// the one whose files are given.
func verified(t *testing.T, yaml string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../examples/workspace")); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"crane.yaml": yaml}
	maps.Copy(all, files)
	for name, text := range all {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cfg := loaded(t, dir, nil)
	p, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	err = p.Verify(Names(cfg.Checks))
	if err == nil {
		return ""
	}
	var problems *config.Error
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	var text []string
	for _, problem := range problems.Problems {
		problem.File = filepath.Base(problem.File)
		text = append(text, problem.String())
	}
	return strings.Join(text, "\n")
}

func TestVerifyArguments(t *testing.T) {
	t.Parallel()
	const yaml = "checks:\n  clippy:\n    args: --workspace --locked -r --all-targets\n  package:\n    test-args: --no-run\n  other:\n    kind: check\n    args: --profile dev\n"
	want := "crane.yaml:8: checks.other.args: --profile dev does not go with --release, which is there already (write profile: in place of it, so that dependencies are compiled in the same way)"
	if got := verified(t, yaml, nil); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestVerifySettings: what is misspelt is said with its line before anything
// starts. It ended a run in a container with exit code 1.
func TestVerifySettings(t *testing.T) {
	t.Parallel()
	const yaml = "toolchain: {channel: \"1.90\"}\ncommon:\n  profile: relase\nchecks:\n  clippy:\n    packages: [lumbr]\n  package:\n    features: [nofeat]\n  other:\n    kind: test\n    target: x86_64-unknown-linux-mussl\n  fmt:\n"
	got := verified(t, yaml, nil)
	for _, want := range []string{
		`crane.yaml:3: common.profile: there is no profile "relase" (did you mean "release"?)`,
		`crane.yaml:6: checks.clippy.packages: there is no package "lumbr" (did you mean "lumber"?)`,
		`crane.yaml:8: checks.package.features: no selected package has the feature "nofeat"`,
		`crane.yaml:11: checks.other.target: Rust knows no target "x86_64-unknown-linux-mussl" (did you mean "x86_64-unknown-linux-musl"?)`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "\n") + 1; n != 4 {
		t.Errorf("%d problems:\n%s", n, got)
	}
	lock := map[string]string{"Cargo.lock": "version = 4\n"}
	if got := verified(t, "checks: {clippy: }\n", lock); !strings.Contains(got, "Cargo.lock: lacks") || !strings.Contains(got, "cargo update --workspace") {
		t.Errorf("of an old lock: %s", got)
	}
	if got := verified(t, "checks: {fmt: }\n", lock); got != "" {
		t.Errorf("fmt needs no lock: %s", got)
	}
}
