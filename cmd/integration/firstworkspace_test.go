//go:build integration

package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFirstWorkspace runs the commands of docs/first-workspace.md in their
// order, as somebody does who reads it.
func TestFirstWorkspace(t *testing.T) {
	page, err := os.ReadFile(filepath.FromSlash("../../docs/first-workspace.md"))
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for _, m := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		lines.WriteString(m[1])
	}
	commands := strings.Count(lines.String(), "cranekit ")
	if commands < 8 {
		t.Fatalf("the page has %d commands:\n%s", commands, &lines)
	}

	w := unpack(t, "reruns")
	w.edit(t, "crates/app/src/main.rs", "fn main", "// "+w.nonce+"\nfn main")
	run(t, "git", "-C", w.dir, "init", "-q")
	home := t.TempDir()
	bin := filepath.Join(home, "bin")
	for link, target := range map[string]string{
		filepath.Join(bin, "cranekit"):                           w.binary,
		filepath.Join(home, "cranekit", ".cache", "rust-debian"): w.layout,
	} {
		if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-ec", "set -x\n"+lines.String())
	cmd.Dir = w.dir
	cmd.Env = append(w.command(t.Context()).Env, "HOME="+home, "PATH="+bin+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	contains(t, string(out), "deps check", "wrote  crane.yaml", "clippy", "package", "tarpaulin")
	for _, name := range []string{"summary.json", "clippy/log.txt", "package/bin/app", "tarpaulin/cobertura.xml"} {
		if _, err := os.Stat(filepath.Join(w.dir, "result", filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
}
