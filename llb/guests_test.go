package llb

import (
	"os"
	"slices"
	"strings"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

const hosting = `
-- Cargo.toml --
[package]
name = "host"
version = "0.1.0"
edition = "2021"

[dependencies]
util = { path = "util" }

[workspace]
exclude = ["guest"]
-- Cargo.lock --
version = 4

[[package]]
name = "host"
version = "0.1.0"
dependencies = [
 "util",
]

[[package]]
name = "util"
version = "0.1.0"
-- src/lib.rs --
-- util/Cargo.toml --
[package]
name = "util"
version = "0.1.0"
edition = "2021"
-- util/src/lib.rs --
-- guest/Cargo.toml --
[package]
name = "guest"
version = "0.1.0"
edition = "2021"

[dependencies]
fnv = "1"

[workspace]
-- guest/Cargo.lock --
version = 4

[[package]]
name = "fnv"
version = "1.0.7"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "3f9eec918d3f24069decb9af1554cad7c880e2da24a9afd88aca000531ab82c1"

[[package]]
name = "guest"
version = "0.1.0"
dependencies = [
 "fnv",
]
-- guest/src/lib.rs --
`

// TestGuestLock: another lock of fetch.locks brings its packages to checks and
// layers, and changes nothing of how the workspace's own are compiled.
func TestGuestLock(t *testing.T) {
	t.Parallel()
	hosted := func(archive string) *Graph {
		dir := layOut(t, archive)
		cfg, ws, skeleton := inputs(t, dir, "common.member-layers=true")
		guest, err := ws.Guest(os.DirFS(dir), "guest/Cargo.lock", skeleton)
		if err != nil {
			t.Fatal(err)
		}
		skeleton.Guests = append(skeleton.Guests, guest)
		g, err := New(cfg, ws, skeleton, Options{Bases: map[string]Base{"": layoutBase()}, Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	before := hosted(hosting)
	for _, name := range []string{"clippy", "clippy member util"} {
		if n := before.Node(name); n == nil || !slices.Contains(n.Needs, "fetch guest") {
			t.Errorf("%s does not need what the guest's lock brings: %+v", name, n)
		}
	}
	was, is := keys(t, before), keys(t, hosted(strings.Replace(hosting, "1.0.7", "1.0.6", 1)))
	for name, same := range map[string]bool{
		"fetch": true, "deps check": true, "deps build": true, "deps test": true,
		"fetch guest": false, "clippy": false, "package": false, "clippy member util": false,
	} {
		if was[name] == "" || (was[name] == is[name]) != same {
			t.Errorf("%s is the same: %t, want %t", name, was[name] == is[name], same)
		}
	}
}
