//go:build integration

package integration

import (
	"debug/elf"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestDummies builds every kind of member of which a dummy could survive into
// the real build, with sources older than anything on the builder, in both
// layouts of the build directory.
func TestDummies(t *testing.T) {
	for _, layout := range []struct {
		name string
		// probe is a command that succeeds in this layout only.
		probe string
		args  []string
	}{
		{"fingerprint layout", "test -d $CARGO_TARGET_DIR/release/.fingerprint", nil},
		{"package layout", "test ! -e $CARGO_TARGET_DIR/release/.fingerprint && ls -d $CARGO_TARGET_DIR/release/build/*/*/fingerprint", []string{
			// The layout that is the default from cargo 1.100 on.
			"--set", "common.env.RUSTC_BOOTSTRAP=1", "--set", "common.env.CARGO_UNSTABLE_BUILD_DIR_NEW_LAYOUT=true",
		}},
	} {
		t.Run(layout.name, func(t *testing.T) {
			w := unpack(t, "dummies")
			age(t, w.dir)
			w.dir = filepath.Join(w.dir, "ws")
			w.write(t, "crane.yaml", "checks:\n  clippy:\n  package:\n  doc:\n  layout: {kind: custom, run: [\""+layout.probe+"\"]}\n"+
				"  traces: {kind: custom, run: [\"! grep -rq cranekit_dummy $CARGO_TARGET_DIR\"]}\n")
			w.trust = "paths" // a path dependency lies beside the workspace
			o := w.check(t, layout.args...)
			o.wants(t, 0)
			o.noRebuilds(t)
			if reused := o.row(t, "package").Deps.Reused; reused == nil || *reused == 0 {
				t.Errorf("package reused no dependency: %v", reused)
			}
			for binary, want := range map[string]string{
				"bin-only": "real patched-5 outside\n", "chosen": "chosen 11 7\n", "scripted": "answer 42\n",
			} {
				out, err := exec.Command(filepath.Join(w.dir, "result/package/bin", binary)).Output()
				if err != nil || string(out) != want {
					t.Errorf("%s printed %q, want %q (%v)", binary, out, want, err)
				}
			}
			exports(t, filepath.Join(w.dir, "result/package/lib/libcapi.so"), "capi_answer")
			if passed := o.row(t, "package").Metrics.TestsPassed; passed == nil || *passed != 1 {
				t.Errorf("tests passed: %v, want 1", passed)
			}
			edited(t, w, layout.args)
		})
	}
}

// edited changes the sources of the patched package: what depends on it in
// the registry has to be compiled again, and the answer has to change.
func edited(t *testing.T, w *workspace, args []string) {
	t.Helper()
	w.edit(t, "../patched/itoa/src/lib.rs", "patched-{i}", "mended-{i}")
	o := w.check(t, append(args, "package")...)
	o.wants(t, 0)
	o.noRebuilds(t)
	if !slices.Contains(o.ran(), "deps test") {
		t.Errorf("executed %q without the deps that contain the patched package", o.ran())
	}
	out, err := exec.Command(filepath.Join(w.dir, "result/package/bin/bin-only")).Output()
	if err != nil || string(out) != "real mended-5 outside\n" {
		t.Errorf("bin-only printed %q after the edit (%v)", out, err)
	}
}

// age dates all files below dir back to 2001.
func age(t *testing.T, dir string) {
	t.Helper()
	then := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, then, then)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// exports fails the test unless the shared library has the symbol.
func exports(t *testing.T, file, symbol string) {
	t.Helper()
	lib, err := elf.Open(file)
	if err != nil {
		t.Error(err)
		return
	}
	defer lib.Close()
	symbols, err := lib.DynamicSymbols()
	if err != nil || !slices.ContainsFunc(symbols, func(s elf.Symbol) bool { return strings.HasSuffix(s.Name, symbol) }) {
		t.Errorf("%s does not export %s (%v)", file, symbol, err)
	}
}
