// Package cargo reads Cargo workspaces: manifests, lock, the skeleton that
// compiles a workspace's dependencies without its code, and cargo's JSON
// messages. It is pure: files come from an [io/fs.FS], bytes go out, no
// process is started and nothing is known of BuildKit.
package cargo

import "io/fs"

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

	root rootManifest
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
	Real bool
	// BuildScript says that the package has a build script.
	BuildScript bool
	ProcMacro   bool
	// Bins are the names of the binary targets.
	Bins []string

	manifest map[string]any
}

// File is one file of a skeleton.
type File struct {
	// Path is relative to Workspace.Base, slash-separated.
	Path string
	Data []byte
	Mode fs.FileMode
}

// Skeleton is what fetch and deps see of a workspace.
type Skeleton struct {
	// Files are sorted by path. Real packages have their manifest here too.
	Files []File
	// Real are the directories of packages whose true sources have to be laid
	// over the skeleton, relative to Workspace.Base and sorted.
	Real []string
}
