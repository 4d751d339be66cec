// Package images knows the default images and tools of cranekit: one place to
// read and to raise every pinned version.
package images

import (
	"regexp"
	"slices"
)

// DefaultRust is the version of Rust for a workspace that names none.
const DefaultRust = "1.96"

const (
	official = "docker.io/library/rust:"
	nightly  = "docker.io/rustlang/rust:nightly-slim"
)

var version = regexp.MustCompile(`^[0-9]+\.[0-9]+(\.[0-9]+)?$`)

// Default returns the reference of the image for a channel, as rust-toolchain
// files name it; "" is a workspace without such a file.
//
// There are images for versions and for the nightly of the day. For any other
// channel, such as beta or the nightly of a date, it is the image of
// [DefaultRust], in which rustup can install the channel. All are slim ones:
// they have a C compiler, and no tag of theirs names a Debian, for none is
// older than every Rust.
func Default(channel string) string {
	switch {
	case channel == "nightly":
		return nightly
	case version.MatchString(channel):
		return official + channel + "-slim"
	default:
		return official + DefaultRust + "-slim"
	}
}

// tool is how a tool of crates.io is installed.
type tool struct {
	version string
	// flags are further ones of cargo install.
	flags []string
}

// tools are those that kinds of checks run.
var tools = map[string]tool{
	// Its default features bring OpenSSL and libgit2 for uploads.
	"cargo-tarpaulin": {version: "0.37.5", flags: []string{"--no-default-features"}},
	// Its default features bring a language server and a client for schemas.
	"taplo-cli": {version: "0.10.0", flags: []string{"--no-default-features"}},
}

// ToolVersion returns the version of a tool from crates.io that cranekit
// installs unless the configuration names another, "" for an unknown tool.
func ToolVersion(name string) string { return tools[name].version }

// ToolFlags returns the flags of cargo install for a tool beside its version.
func ToolFlags(name string) []string { return slices.Clone(tools[name].flags) }
