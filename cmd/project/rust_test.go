package project

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
)

func TestOldRust(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		channel, needs string
		old            bool
	}{
		{"1.79", "1.80", true},
		{"1.80", "1.80", false},
		{"1.80", "1.80.1", false},
		{"1.80.0", "1.80.1", true},
		{"1.80.1", "1.80", false},
		{"1.9", "1.10", true},
		{"stable", "1.80", false},
		{"nightly-2026-01-01", "1.80", false},
		{"1.79.0-beta.1", "1.80", true},
		{"", "1.80", false},
		{"1.79", "", false},
	} {
		if got := (Rust{Channel: c.channel, Needs: c.needs}).Old(); got != c.old {
			t.Errorf("%q for %q: old is %v", c.channel, c.needs, got)
		}
	}
}

// TestRustOfLegs has a leg with an old toolchain, for a member that promises an
// older one than its sibling.
func TestRustOfLegs(t *testing.T) {
	t.Parallel()
	manifest := func(name, version string) string {
		return "[package]\nname = \"" + name + "\"\nversion = \"0.1.0\"\nrust-version = \"" + version + "\"\n"
	}
	for label, c := range map[string]struct {
		set  []string
		want []string
	}{
		"all":      {nil, []string{"warning: matrix.msrv.toolchain.channel is Rust 1.70, and new needs 1.80: raise matrix.msrv.toolchain.channel to 1.80, or exclude new in that leg"}},
		"excluded": {[]string{"matrix.msrv.exclude=[n*]"}, nil},
		"selected": {[]string{"matrix.msrv.packages=[old]"}, nil},
		"own channel": {[]string{"toolchain.channel=1.60", "matrix.msrv.packages=[old]"}, []string{
			"warning: toolchain.channel is Rust 1.60, and new needs 1.80: raise it to 1.80 in rust-toolchain.toml, or toolchain.channel",
		}},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmdtest.WriteTree(t, dir, map[string]string{
				"Cargo.toml": "[workspace]\nmembers = [\"old\", \"new\"]\n", "Cargo.lock": "version = 4\n",
				"old/Cargo.toml": manifest("old", "1.65"), "old/src/lib.rs": "",
				"new/Cargo.toml": manifest("new", "1.80"), "new/src/lib.rs": "",
				"crane.yaml": "matrix: {now: {}, msrv: {toolchain: {channel: \"1.70\"}}}\nchecks: {clippy: }\n",
			})
			cfg := loaded(t, dir, c.set)
			p, err := Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			p.WarnOldRust(&out, Names(cfg.Checks))
			got := strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\n' })
			if !slices.Equal(got, c.want) {
				t.Errorf("said %q, want %q", got, c.want)
			}
		})
	}
}

// TestRustWithoutRustup: an image without rustup has the Rust that it has,
// whatever the toolchain file says.
func TestRustWithoutRustup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	cmdtest.WriteTree(t, dir, map[string]string{"Cargo.toml": cmdtest.Single()["Cargo.toml"] + "rust-version = \"1.80\"\n"})
	cmdtest.RustLayout(t, filepath.Join(dir, "plain"), "1.85.0")
	for file, want := range map[string]string{
		"1.90":               "warning: the toolchain file asks for Rust 1.90, and the toolchain of plain has no rustup to install it: use an image that has rustup or that Rust\n",
		"nightly-2026-01-01": "warning: the toolchain file asks for Rust nightly-2026-01-01, and the toolchain of plain has no rustup to install it: use an image that has rustup or that Rust\n",
		"1.85":               "",
		"stable":             "",
	} {
		cmdtest.WriteTree(t, dir, map[string]string{"rust-toolchain": file + "\n"})
		cfg := loaded(t, dir, []string{"toolchain.oci-layout=plain"})
		p, err := Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		p.WarnOldRust(&out, Names(cfg.Checks))
		if got := strings.ReplaceAll(out.String(), dir+"/", ""); got != want {
			t.Errorf("%s: said %q, want %q", file, got, want)
		}
		if r := p.Rusts(cfg.Checks)[0]; r.Channel != "1.85.0" {
			t.Errorf("%s: the Rust is taken for %s", file, r.Channel)
		}
	}
}
