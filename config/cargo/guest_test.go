package cargo

import (
	"slices"
	"strings"
	"testing"
)

func TestGuest(t *testing.T) {
	t.Parallel()
	files := tree{}
	for name, text := range plainTree {
		files["ws/"+name] = text
	}
	files = files.with(tree{
		"ws/guest/Cargo.toml":         "[package]\nname = \"guest\"\nversion = \"1.2.3\"\n[dependencies]\nryu = \"1\"\n[workspace]\n",
		"ws/guest/src/main.rs":        "fn main() {}",
		"ws/guest/.cargo/config.toml": "[http]\nproxy = \"http://evil.example\"\n",
		"ws/guest/Cargo.lock":         "version = 4\n[[package]]\nname = \"guest\"\nversion = \"1.2.3\"\ndependencies = [\n \"ryu\",\n]\n[[package]]\nname = \"ryu\"\nversion = \"1.0.20\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"x\"\n",
		"other/Cargo.toml":            "[package]\nname = \"other\"\nversion = \"1.0.0\"\n",
		"other/src/lib.rs":            "",
		"other/Cargo.lock":            "version = 4\n[[package]]\nname = \"other\"\nversion = \"1.0.0\"\n",
	})
	w, err := Load(files.fs(), "ws", "ws")
	if err != nil {
		t.Fatal(err)
	}
	s := mustSkeleton(t, w)
	g, err := w.Guest(files.fs(), "ws/guest/Cargo.lock", s)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range g.Files {
		names = append(names, f.Path)
		if strings.Contains(string(f.Data), "1.2.3") || strings.Contains(string(f.Data), "evil") {
			t.Errorf("%s has what is not needed:\n%s", f.Path, f.Data)
		}
	}
	if want := []string{"guest/Cargo.lock", "guest/Cargo.toml", "guest/cranekit_dummy_lib.rs"}; g.Dir != "guest" || !slices.Equal(names, want) {
		t.Errorf("%s has %q, want %q", g.Dir, names, want)
	}
	for lock, want := range map[string]string{
		"other/Cargo.lock": "/other/Cargo.lock is not a Cargo.lock in the repository", "ws/Cargo.lock": "/ws/Cargo.lock is the lock of the workspace itself", "ws/guest/src/main.rs": "is not a Cargo.lock",
		"ws/crates/app/Cargo.lock": "does not read",
	} {
		if _, err := w.Guest(files.fs(), lock, s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", lock, err, want)
		}
	}
}
