package llb

import (
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/images"
)

// TestToolsInShellLines: a tool that somebody asked for is there in a custom
// check, even at the version that is the default.
func TestToolsInShellLines(t *testing.T) {
	t.Parallel()
	shell := []string{"checks.own.kind=custom", "checks.own.run=cargo tarpaulin"}
	for name, test := range map[string]struct {
		set  string
		want bool
	}{
		"default":         {"jobs=1", false},
		"default version": {"toolchain.tools.cargo-tarpaulin=" + images.ToolVersion("cargo-tarpaulin"), true},
		"other version":   {"toolchain.tools.cargo-tarpaulin=0.37.4", true},
	} {
		g := plan(t, "../examples/workspace", layoutBase(), append(shell, test.set)...)
		if got := slices.Contains(g.Node("own").Needs, "tool cargo-tarpaulin"); got != test.want {
			t.Errorf("%s: the check has the tool: %t", name, got)
		}
	}
}

// TestArchitectures enables what packages are for, not what their versions say.
func TestArchitectures(t *testing.T) {
	for list, want := range map[string]string{
		"git pkg-config":                                     "",
		"libc6:arm64 libssl-dev:arm64":                       "dpkg --add-architecture arm64 && ",
		"libc6:native qemu-user=1:7.2+dfsg-7":                "",
		"libc6:armhf=2.36-9 zlib1g:arm64/bookworm-backports": "dpkg --add-architecture armhf && dpkg --add-architecture arm64 && ",
		"libc6:arm64/stable git@edge git~=1:2":               "dpkg --add-architecture arm64 && ",
	} {
		if got := architectures(strings.Fields(list)); got != want {
			t.Errorf("%s: %q, want %q", list, got, want)
		}
	}
}
