//go:build integration

package integration

import (
	"path/filepath"
	"testing"

	"github.com/cranekit/cranekit/cmd/report"
)

// TestWorkspaces runs two workspaces of one repository: what is red in one does
// not stop the other, and each has results of its own.
func TestWorkspaces(t *testing.T) {
	w := empty(t)
	for _, name := range []string{"first", "second"} {
		w.write(t, name+"/Cargo.toml", "[package]\nname = \""+name+"\"\nversion = \"1.0.0\"\nedition = \"2024\"\n")
		w.write(t, name+"/Cargo.lock", "version = 4\n\n[[package]]\nname = \""+name+"\"\nversion = \"1.0.0\"\n")
		w.write(t, name+"/src/main.rs", "fn main() {\n    println!(\""+name+"\");\n}\n\n#[test]\nfn works() {}\n")
	}
	w.write(t, "crane.yaml", "workspace: [first, second]\nchecks: {fmt: , package: }\n")
	o := w.check(t)
	o.wants(t, 0)
	contains(t, o.stdout, "workspace first\n", "workspace second\n")

	w.edit(t, "first/src/main.rs", "fn works() {}", "fn works() {panic!()}")
	o = w.check(t)
	o.wants(t, 1)
	contains(t, o.stdout, "--set workspace=first")
	want := map[string][2]string{"first": {"failed", "failed"}, "second": {"passed", "passed"}}
	for name, statuses := range want {
		s := readSummary(t, filepath.Join(w.dir, "result", name, report.SummaryFile))
		for i, check := range s.Checks {
			if string(check.Status) != statuses[i] || check.Cached != (name == "second") {
				t.Errorf("%s: %s is %s, cached: %t", name, check.Name, check.Status, check.Cached)
			}
		}
	}
	run(t, filepath.Join(w.dir, "result", "second", "package", "bin", "second"))

	// One alone has its results below it.
	w.check(t, "--set", "workspace=first").wants(t, 1)
	readSummary(t, filepath.Join(w.dir, "first", "result", report.SummaryFile))
}
