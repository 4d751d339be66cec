//go:build integration

package integration

import (
	"cmp"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/internal/corpus"
)

// TestPrograms runs published programs and compares with what cargo says of
// them: a custom check runs the same commands in the same image, in a target
// directory of its own that has never seen a skeleton.
func TestPrograms(t *testing.T) {
	for _, name := range []string{"hexyl", "sd", "zoxide"} {
		p := corpus.Programs[slices.IndexFunc(corpus.Programs, func(p corpus.Program) bool { return p.Name == name })]
		profile := cmp.Or(p.Profile, "dev")
		t.Run(p.Name, func(t *testing.T) {
			w := empty(t)
			if err := p.Download(t.Context(), w.dir); err != nil {
				t.Fatal(err)
			}
			w.write(t, "crane.yaml", fmt.Sprintf(`common: {profile: %s}
checks:
  clippy:
  package:
  coverage: {kind: tarpaulin}
  cargo-clippy: {kind: custom, run: ["CARGO_TARGET_DIR=/tmp/own cargo clippy --all-targets --locked --offline --profile %[1]s -- --deny warnings"]}
  cargo-test: {kind: custom, run: ["CARGO_TARGET_DIR=/tmp/own cargo test --locked --offline --profile %[1]s"]}
`, profile))
			o := w.check(t)
			o.noRebuilds(t)
			for ours, cargos := range map[string]string{"clippy": "cargo-clippy", "package": "cargo-test"} {
				a, b := o.row(t, ours), o.row(t, cargos)
				if a.Status != b.Status || a.ExitCode != b.ExitCode {
					t.Errorf("%s is %s with exit code %d, cargo by itself %s with %d\n%s", ours, a.Status, a.ExitCode, b.Status, b.ExitCode, o.stdout)
				}
			}
			ours, cargos := o.row(t, "package").Metrics, o.row(t, "cargo-test").Metrics
			if ours.TestsPassed == nil || cargos.TestsPassed == nil || *ours.TestsPassed != *cargos.TestsPassed || *ours.TestsPassed == 0 {
				t.Errorf("tests passed: %v, by cargo itself %v", ours.TestsPassed, cargos.TestsPassed)
			}
			coverage := o.row(t, "coverage")
			if coverage.Status != buildkit.StatusPassed || coverage.Metrics.LinesCovered == nil || *coverage.Metrics.LinesCovered == 0 {
				t.Errorf("coverage is %s\n%s", coverage.Status, o.stdout)
			}
			out, err := exec.Command(filepath.Join(w.dir, "result/package/bin", p.Name), "--version").Output()
			if err != nil || !strings.Contains(string(out), p.Version) {
				t.Errorf("%s --version printed %q (%v)", p.Name, out, err)
			}
		})
	}
}
