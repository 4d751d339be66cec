package cmd

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
)

// TestGuests plans the fetch of another workspace's lock, and says which file
// is wrong by a path that is there.
func TestGuests(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	cmdtest.WriteTree(t, dir, map[string]string{
		"guest/Cargo.toml": "[package]\nname = \"guest\"\nversion = \"1.0.0\"\n\n[workspace]\n", "guest/src/main.rs": "fn main() {}\n",
		"guest/Cargo.lock":  "version = 4\n\n[[package]]\nname = \"guest\"\nversion = \"1.0.0\"\n",
		"broken/Cargo.toml": "[package]\nname = \n", "broken/Cargo.lock": "version = 4\n",
	})
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	for lock, want := range map[string]string{
		"guest/Cargo.lock":   "cargo fetch --locked --manifest-path guest/Cargo.toml\n",
		"broken/Cargo.lock":  "--set: fetch.locks: reading the workspace in " + real + "/broken: Cargo.toml:2: ",
		"Cargo.lock":         "--set: fetch.locks: " + real + "/Cargo.lock is the lock of the workspace itself",
		"guest/src/main.rs":  "--set: fetch.locks: " + real + "/guest/src/main.rs is not a Cargo.lock in the repository",
		"guest/Cargo.lock.x": "--set: fetch.locks: no file " + dir + "/guest/Cargo.lock.x",
	} {
		out, err := command(t, dir, "plan", "clippy", "--set", "fetch.locks="+lock)
		if err != nil {
			out += err.Error()
		}
		if !strings.Contains(out, want) {
			t.Errorf("%s: it prints %s, want %s", lock, out, want)
		}
	}
}
