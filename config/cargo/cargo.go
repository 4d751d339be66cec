// Package cargo reads Cargo workspaces: manifests, lock, the skeleton that
// compiles a workspace's dependencies without its code, and cargo's JSON
// messages. It is pure: files come from an [io/fs.FS], bytes go out, no
// process is started and nothing is known of BuildKit.
package cargo

import "io/fs"

// The names by which every artifact of a dummy package is told from a real
// one, whatever the workspace calls its packages.
const (
	// DummyVersion is the version of a dummy package in manifest and lock.
	DummyVersion = "0.0.0-cranekit"
	// DummyPrefix starts the name of every target of a dummy package.
	DummyPrefix = "cranekit_dummy"
)

// Workspace is a Cargo workspace with every local package it reaches.
type Workspace struct {
	// Base is the source root, a slash-separated directory in the file
	// system given to [Load]: the nearest directory that holds the wanted
	// source root, the workspace and every local package.
	Base string
	// Dir is the workspace's root relative to Base, "." when it is Base.
	Dir string
	// Packages are all local packages, sorted by Dir.
	Packages []Package
	Lock     *Lockfile
	// Channel is the channel of rust-toolchain.toml or rust-toolchain, ""
	// without one; Components and Targets are its lists.
	Channel    string
	Components []string
	Targets    []string

	root    rootManifest
	configs []configFile
	// named is what the configuration names.
	named named
	// vendored are the directories of directory sources and local registries.
	vendored []string
}

// Package is a local package: a workspace member, or a path dependency
// beside it.
type Package struct {
	Name    string
	Version string
	// Dir is relative to Workspace.Base, slash-separated.
	Dir    string
	Member bool
	// Real marks packages that a registry or git package depends on (through
	// [patch]): their sources are part of the skeleton, they are never
	// dummied.
	Real      bool
	ProcMacro bool
	// Bins are the names of the binary targets.
	Bins []string

	// text is the manifest as it stands in the source.
	text []byte
	// manifest is the same with every inherited value resolved; inherits says
	// that there were any.
	manifest table
	inherits bool
	// library is set if there is a library, examples if there are examples,
	// tests that there are integration tests or benchmarks, tested that any
	// target has tests or benchmarks: targets without a standard library often
	// have none.
	library, examples, tests, tested bool
	// script is set if there is a build script.
	script bool
}

// rootManifest is the manifest of the workspace root, which may be virtual.
type rootManifest struct {
	// doc is empty but for the package when there is no [workspace] table.
	doc table
	// replaced are the directories of the path packages of [replace] and of
	// the configuration's `paths`, relative to Base: they must keep their
	// version.
	replaced []string
}

// File is one file of a skeleton.
type File struct {
	// Path is relative to Workspace.Base, slash-separated.
	Path string
	Data []byte
	Mode fs.FileMode
	// Config is set for cargo's configuration and the files that it names.
	Config bool
}

// Skeleton is what fetch and deps see of a workspace.
type Skeleton struct {
	// Named are those among Files that cargo's configuration names. Carried are
	// files and links of the source that it names, too many or too large to be
	// among Files: their true contents have to be laid under these. Dependencies
	// can read all of them, so in a check they need the same file times.
	Named, Carried []string
	// Files are sorted by path. Real packages have their manifest here too:
	// files are to be written after the directories of Real, over them.
	Files []File
	// Real are the directories whose true contents have to be laid under the
	// files, relative to Workspace.Base and sorted: packages that are Real,
	// and vendored sources.
	Real []string
	// Guests are further workspaces whose crates are fetched.
	Guests []Guest
}
