package llb

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// layerCargo stands for cargo in a layer: each command is a line for a shell in
// the target directory. It takes longer than the clock of file times stands still,
// as cargo does.
const layerCargo = `#!/bin/sh
sleep 0.05
cd "$CARGO_TARGET_DIR" && exec sh -euc "$1"
`

// TestLayerScript wants of a layer what its commands have added to the target
// directory, and nothing where the check could not go on from that.
func TestLayerScript(t *testing.T) {
	t.Parallel()
	const unit = "release/deps/libapp.rlib"
	for name, c := range map[string]struct {
		scripted string
		commands []string
		limits   string
		want     []string
	}{
		"what is new": {
			commands: []string{"echo >release/deps/libapp.rlib; echo >release/.fingerprint/app-1/lib", "echo >release/deps/libapp-2.rmeta"},
			want:     []string{"release/.fingerprint/app-1/lib", unit, "release/deps/libapp-2.rmeta"},
		},
		"what cargo links from there": {commands: []string{"echo >release/deps/libapp.rlib; ln release/deps/libapp.rlib release/libapp.rlib"}, want: []string{unit}},
		"one command fails":           {commands: []string{"echo >release/deps/libapp.rlib; exit 1", "echo >release/deps/b.rmeta"}, want: []string{"release/deps/b.rmeta", unit}},
		"dummies": {
			commands: []string{"echo >release/deps/libapp.rlib; echo >release/deps/libcranekit_dummy_x.rlib; mkdir release/.fingerprint/x-1; echo >release/.fingerprint/x-1/lib-cranekit_dummy_x"},
			want:     []string{unit},
		},
		"incremental state":            {commands: []string{"echo >release/deps/libapp.rlib; mkdir release/incremental; echo >release/incremental/x; echo >release/.cargo-lock"}, want: []string{unit}},
		"the source is written to":     {commands: []string{"echo >release/deps/libapp.rlib; echo >SRC/app/generated.rs"}},
		"a script that says nothing":   {scripted: "SRC/app", commands: []string{"echo >release/deps/libapp.rlib; mkdir -p release/build/app-1; echo >release/build/app-1/output"}},
		"a script that did not run":    {scripted: "SRC/app", commands: []string{"echo >release/deps/libapp.rlib"}},
		"a script that says it":        {scripted: "SRC/app", commands: []string{"mkdir -p release/build/app-1; echo cargo:rerun-if-changed=build.rs >release/build/app-1/output"}, want: []string{"release/build/app-1/output"}},
		"a script that says it, 1.100": {scripted: "SRC/app", commands: []string{"mkdir -p release/build/app/1/run; echo cargo:rerun-if-changed=build.rs >release/build/app/1/run/stdout"}, want: []string{"release/build/app/1/run/stdout"}},
		"one that hangs":               {commands: []string{"echo >release/deps/libapp.rlib; sleep 100"}, limits: "timeout=1\n", want: []string{unit}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachShell(t, func(t *testing.T, shell []string) {
				t.Parallel()
				r := newLayerRoot(t, shell)
				if c.limits != "" {
					r.write(t, "secrets/cranekit/limits", c.limits)
				}
				args := []string{strings.ReplaceAll(c.scripted, "SRC", r.dir+"/src")}
				for _, command := range c.commands {
					args = append(args, "cargo '"+strings.ReplaceAll(command, "SRC", r.dir+"/src")+"'")
				}
				cmd := r.command([]string{"CARGO_TARGET_DIR=" + r.dir + "/src/target"}, "layer.sh", args...)
				if code, out := finish(t, cmd); code != 0 {
					t.Fatalf("exit code %d\n%s", code, out)
				}
				got := filesBelow(t, r.dir+"/layer")
				slices.Sort(c.want)
				if !slices.Equal(got, c.want) {
					t.Errorf("the layer has %q, want %q", got, c.want)
				}
			})
		})
	}
}

// newLayerRoot is a root with a target directory that dependencies were compiled
// in before.
func newLayerRoot(t *testing.T, shell []string) checkRoot {
	t.Helper()
	r := checkRoot{t.TempDir(), shell, os.Getenv("PATH")}
	place := strings.NewReplacer("/cranekit/lib", r.dir+"/lib", "/cranekit/layer", r.dir+"/layer", "/run/secrets", r.dir+"/secrets", "/tmp/", r.dir+"/tmp/", "find /src", "find "+r.dir+"/src", "/src/", r.dir+"/src/")
	r.library(t, place, "layer.sh", "clean.sh", "declared.sh", "wrapped.sh")
	r.write(t, "bin/cargo", layerCargo)
	for _, file := range []string{"tmp/.keep", "layer/.keep", "src/app/build.rs", "src/target/release/deps/libitoa.rlib", "src/target/release/.fingerprint/app-1/dep"} {
		r.write(t, file, "")
	}
	old := time.Now().Add(-time.Hour)
	for _, file := range filesBelow(t, r.dir) {
		if err := os.Chtimes(filepath.Join(r.dir, file), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(r.dir + "/layer/.keep"); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestDepsScript compiles a skeleton with a cargo of ours, whose dummies leave
// traces in names that are hard to tell from those of dependencies.
func TestDepsScript(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Parallel()
		for name, c := range map[string]struct {
			makes string
			code  int
			want  []string
		}{
			"green":    {"mkdir -p release/deps; echo >release/deps/libitoa.rlib; echo >release/deps/libcranekit_dummy_app.rmeta", 0, []string{"cranekit-deps.txt", "release/deps/libitoa.rlib"}},
			"red":      {"mkdir -p release/deps; exit 101", 101, nil},
			"a trace":  {"mkdir -p release/deps; echo cranekit_dummy_app >release/deps/itoa.d", 70, []string{"cranekit-deps.txt", "release/deps/itoa.d"}},
			"and more": {"mkdir -p release/build/x-1/out/incremental; echo >release/build/x-1/out/incremental/y; echo >release/build/x-1/out/.cargo-lock; echo >release/.cargo-lock; mkdir tmp", 0, []string{"cranekit-deps.txt", "release/build/x-1/out/.cargo-lock", "release/build/x-1/out/incremental/y"}},
		} {
			r := newCheckRoot(t, shell, os.Getenv("PATH"))
			r.library(t, strings.NewReplacer(), "deps.sh", "clean.sh")
			r.write(t, "bin/cargo", "#!/bin/sh\ntest \"$RUSTC_WRAPPER\" = \""+r.dir+"/lib/rustc-dummy\" || exit 3\n"+strings.TrimPrefix(layerCargo, "#!/bin/sh\n"))
			if err := os.Mkdir(r.dir+"/src/target", 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := r.command([]string{"CARGO_TARGET_DIR=" + r.dir + "/src/target"}, "deps.sh", c.makes)
			code, out := finish(t, cmd)
			if got := filesBelow(t, r.dir+"/src/target"); code != c.code || !slices.Equal(got, c.want) {
				t.Errorf("%s: exit code %d, want %d; %q, want %q\n%s", name, code, c.code, got, c.want, out)
			}
		}
	})
}
