package llb

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestExecKeepsVariables: a compiler wrapper loses no variable that cargo sets,
// whatever a shell thinks of its name. Every coverage of a program with a dash
// in its name was red before: CARGO_BIN_EXE_… was not there.
func TestExecKeepsVariables(t *testing.T) {
	t.Parallel()
	shells := [][]string{{"sh"}}
	for _, other := range [][]string{{"dash"}, {"bash"}, {"busybox", "sh"}} {
		if _, err := exec.LookPath(other[0]); err == nil {
			shells = append(shells, other)
		}
	}
	for _, shell := range shells {
		t.Run(shell[0], func(t *testing.T) {
			t.Parallel()
			for name, env := range map[string][]string{
				"none":    {"PLAIN=a b"},
				"dashes":  {"PLAIN=a b", "CARGO_BIN_EXE_my-app=/target/a *", "x.y=1", "CARGO_PKG_DESCRIPTION=two lines,\none-like=a variable"},
				"nothing": {"PLAIN="},
			} {
				args := slices.Concat(shell[1:], []string{"-c", ". ./scripts/exec.sh", "wrapper", "env", "-0"})
				cmd := exec.Command(shell[0], args...)
				cmd.Env = append([]string{"PATH=/usr/bin:/bin"}, env...)
				out, err := cmd.Output()
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				got := strings.Split(string(out), "\x00")
				for _, want := range env {
					if !slices.Contains(got, want) {
						t.Errorf("%s: %q is lost, there are %q", name, want, got)
					}
				}
			}
		})
	}
}

// TestDummiesAreNotCompiled: the wrapper leaves what cargo looks for after rustc.
func TestDummiesAreNotCompiled(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args  string
		files []string
		says  string
	}{
		"library": {
			"rustc --crate-name a --edition=2021 src/lib.rs --crate-type lib --emit=dep-info,metadata,link -C extra-filename=-1 --out-dir DIR",
			[]string{"a-1.d", "liba-1.rlib", "liba-1.rmeta"},
			`{"$message_type":"artifact","artifact":"DIR/liba-1.rmeta","emit":"metadata"}` + "\n",
		},
		"libraries":     {"rustc --crate-name a --crate-type cdylib --crate-type staticlib --emit=dep-info,link --out-dir DIR", []string{"a.d", "liba.a", "liba.so"}, ""},
		"macro":         {"rustc --crate-name a --crate-type proc-macro --emit=dep-info,link -C extra-filename=-1 --out-dir DIR", []string{"a-1.d", "liba-1.so"}, ""},
		"clippy":        {"clippy-driver rustc --crate-name a --crate-type lib --emit=dep-info,metadata --out-dir DIR", []string{"a.d", "liba.rmeta"}, `{"$message_type":"artifact","artifact":"DIR/liba.rmeta","emit":"metadata"}` + "\n"},
		"program":       {"rustc --crate-name a --crate-type bin --emit=dep-info,link --out-dir DIR", []string{"a", "a.d"}, ""},
		"tests":         {"rustc --crate-name a --emit=dep-info,link --test -C extra-filename=-2 --out-dir DIR", []string{"a-2", "a-2.d"}, ""},
		"for the web":   {"rustc --crate-name a --crate-type bin --emit=dep-info,link --target wasm32-unknown-unknown --out-dir DIR", []string{"a", "a.d"}, ""},
		"bare metal":    {"rustc --crate-name a --crate-type bin --emit=dep-info,link --target thumbv7em-none-eabihf -C link-arg=-Tlink.x --out-dir DIR", []string{"a", "a.d"}, ""},
		"tests, linted": {"clippy-driver rustc --crate-name a --emit=dep-info,metadata --test --out-dir DIR", []string{"a.d", "liba.rmeta"}, `{"$message_type":"artifact","artifact":"DIR/liba.rmeta","emit":"metadata"}` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmd := exec.Command("sh", append([]string{"scripts/rustc-dummy"}, strings.Fields(strings.ReplaceAll(test.args, "DIR", dir))...)...)
			version := "0.0.0-cranekit"
			if name == "macro" {
				version += ".1" // of two packages with one name
			}
			cmd.Env = append(os.Environ(), "CARGO_PKG_VERSION="+version)
			var said strings.Builder
			cmd.Stderr = &said
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v: %s", err, said.String())
			}
			if want := strings.ReplaceAll(test.says, "DIR", dir); said.String() != want {
				t.Errorf("said %q, want %q", said.String(), want)
			}
			var files []string
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				files = append(files, e.Name())
			}
			if !slices.Equal(files, test.files) {
				t.Errorf("left %q, want %q", files, test.files)
			}
		})
	}
}
