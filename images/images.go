// Package images knows the default images and tools of cranekit: one place to
// read and to raise every pinned version.
package images

import "regexp"

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

// ToolVersion returns the version of a tool from crates.io that cranekit
// installs unless the configuration names another, "" for an unknown tool.
func ToolVersion(name string) string {
	switch name {
	case "cargo-tarpaulin":
		return "0.37.5"
	default:
		return ""
	}
}
