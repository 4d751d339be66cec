package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/config"
)

func TestHints(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		log     string
		network bool
		// stage says that the log is of a stage, and the check did not run.
		stage bool
		want  string // the beginning of the only hint, "" for none
	}{
		"cargo":           {log: "[6] Couldn't resolve host name (Could not resolve host: index.crates.io)", want: "checks have no network"},
		"std":             {log: `failed to lookup address information: Temporary failure in name resolution`, want: "checks have no network"},
		"with network":    {log: "Could not resolve host: index.crates.io", network: true},
		"stage":           {log: "Could not resolve host: index.crates.io", stage: true},
		"git":             {log: "fatal: not a git repository (or any of the parent directories): .git", want: "the source has no .git"},
		"libgit2":         {log: "could not find repository at '.'; class=Repository (6); code=NotFound (-3)", want: "the source has no .git"},
		"openssl":         {log: "  Could not find directory of OpenSSL installation, and this `-sys` crate cannot", stage: true, want: "the image lacks"},
		"pkg-config":      {log: "The system library `xcb` required by crate `xcb` was not found.", stage: true, want: "the image lacks"},
		"cmake":           {log: "is `cmake` not installed?", stage: true, want: "the image lacks"},
		"linker":          {log: "error: linker `clang` not found", want: "the image lacks"},
		"library":         {log: "/usr/bin/ld: cannot find -lsqlite3: No such file or directory", want: "the image lacks"},
		"target":          {log: "  = note: the `wasm32-unknown-unknown` target may not be installed", stage: true, want: "the toolchain lacks"},
		"killed":          {log: "error: could not compile `app` (bin \"app\")\n  process didn't exit successfully: `rustc` (signal: 9, SIGKILL: kill)", stage: true, want: "a process was killed"},
		"certificate":     {log: "Caused by:\n  [60] SSL peer certificate or SSH remote key was not OK (SSL certificate problem: self-signed certificate in certificate chain)", stage: true, want: "the certificate is of an authority"},
		"nothing special": {log: "test network ... FAILED\nassertion failed: git == pkg"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := buildkit.Result{Name: "test", Status: buildkit.StatusFailed, Log: []byte(c.log)}
			if !c.stage {
				result.Log, result.Dir = nil, t.TempDir()
				if err := os.WriteFile(filepath.Join(result.Dir, "log.txt"), []byte(c.log), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			row := Judge(config.Check{Name: "test", Kind: "test", Network: c.network}, result, JudgeOptions{})
			switch {
			case c.want == "" && len(row.Hints) > 0:
				t.Errorf("hints %q, want none", row.Hints)
			case c.want != "" && (len(row.Hints) != 1 || !strings.HasPrefix(row.Hints[0], c.want)):
				t.Errorf("hints %q, want %q", row.Hints, c.want)
			}
		})
	}
	const offline = "error: no matching package named `ryu` found\nAs a reminder, you're using offline mode (--offline) which can sometimes"
	for _, locks := range [][]string{nil, {"guest/Cargo.lock"}} {
		row := Judge(config.Check{Name: "test"}, buildkit.Result{Status: buildkit.StatusFailed, ExitCode: 101, Log: []byte(offline)}, JudgeOptions{Locks: locks})
		if got := strings.Join(row.Hints, "\n"); strings.Contains(got, "fetch.locks: [guest/Cargo.lock]") != (locks != nil) {
			t.Errorf("with the locks %q the hints are %s", locks, got)
		}
	}
	passed := Judge(config.Check{Name: "test"}, buildkit.Result{Status: buildkit.StatusPassed, Log: []byte("linker `cc` not found")}, JudgeOptions{})
	if len(passed.Hints) > 0 {
		t.Errorf("a green check has hints: %q", passed.Hints)
	}
}
