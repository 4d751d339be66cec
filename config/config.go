// Package config turns crane.yaml, CRANEKIT_* variables and flags into one
// checked [Config]. It knows nothing of BuildKit and runs nothing.
package config

import "time"

// Config is the effective configuration: every default applied, every path
// absolute, every check resolved against common.
type Config struct {
	// File is the crane.yaml that was read, "" when there is none.
	File string
	// Workspace is the absolute directory that holds the root Cargo.toml: the
	// first of Workspaces. [Config.Each] has a Config for each.
	Workspace  string
	Workspaces []string
	// Results is the output directory of the run; Output is below it where
	// there are several workspaces, and else the same.
	Results   string
	Source    Source
	Toolchain Toolchain
	Fetch     Fetch
	Network   Network
	Common    Settings
	// Limits are those of every check that has none of its own.
	Limits Limits
	// User is that of every check that has none of its own.
	User string
	// Checks are in the order of the file; without the key they are clippy,
	// package and tarpaulin. A check that runs on legs of the matrix is here
	// once per leg.
	Checks []Check
	// Legs are those of the matrix; of each only what legs have is set.
	Legs []Check
	// Image is what is made of the binaries to publish them.
	Image Image
	// Builder is "auto", "embedded", "docker" or "container", those two also
	// with ":CONTEXT", an address such as tcp://HOST:PORT, or a name: of
	// Builders or one that [Options].OtherBuilders has.
	Builder string
	// Builders are those that crane.yaml names.
	Builders []Builder
	// Jobs is the number of checks that run at once; 0 means all.
	Jobs int
	// DepsFromEarlier lets stages start from what earlier ones left.
	DepsFromEarlier bool
	// FailFast cancels the checks that still run when one is red.
	FailFast bool
	// DenyRebuild turns a dependency compiled inside a check into a red result.
	DenyRebuild bool
	// Cache are the shared caches, in the order of the file.
	Cache []CacheEntry
	// CacheIsolation keeps what changes write in CI apart from what others
	// read.
	CacheIsolation bool
	// CacheReadOnly imports from the caches and exports to none.
	CacheReadOnly bool
	// CacheRequired makes a run fail whose cache cannot be reached.
	CacheRequired bool
	// Progress is auto, tty, plain, full, json or quiet.
	Progress string
	// Output is the absolute directory that results are written to.
	Output string
	// Root is the top level of the repository, or without one the directory of
	// crane.yaml or the workspace, without links.
	Root string
	// Trust is what the repository is trusted with in this run, and Demands
	// what its own file asks for.
	Trust   []Trust
	Demands []Demand
	// Fork is set in a run for a change from another repository.
	Fork bool
	// Origins names, per key, where its value came from: "default",
	// "crane.yaml:12", "CRANEKIT_JOBS", "--jobs", "--set".
	Origins map[string]string

	fromRepository map[string]bool
}

// Source narrows what is sent to the builder. Patterns are those of
// .dockerignore, relative to the source root.
type Source struct {
	Include []string
	Exclude []string
	// GitEnv maps variables of the checks to facts of git: commit,
	// short-commit, branch, describe or date.
	GitEnv map[string]string
}

// Toolchain says where cargo and rustc come from.
type Toolchain struct {
	// Image is an image reference. Empty means the default image of the
	// version that rust-toolchain.toml or cranekit names.
	Image string
	// OCILayout is the absolute directory of an OCI layout that takes the
	// place of Image on machines without a hub.
	OCILayout string
	// Dockerfile is the absolute path of a Dockerfile that makes the
	// toolchain. With OCILayout its named context "toolchain" is that layout.
	Dockerfile string
	// BuildArgs and BuildTarget are those of Dockerfile.
	BuildArgs   map[string]string
	BuildTarget string
	// Channel is a rustup channel, "" for that of rust-toolchain.toml.
	Channel string
	// Packages are installed by apt-get or apk, whichever the image has. One
	// with an architecture, name:arm64, is for cross compilation; a version or
	// an apt release may follow, name=1.2 or name/bookworm-backports.
	Packages []string
	// Tools maps a tool, as named on crates.io, to its exact version.
	Tools map[string]string
}

// Fetch configures what the vertex that downloads dependencies may use besides
// the network.
type Fetch struct {
	// Secrets maps variables, or names of files in /run/secrets, to sources:
	// "env:NAME" or "file:PATH", the path absolute.
	Secrets map[string]string
	// SSH hands over the agent that SSH_AUTH_SOCK names.
	SSH bool
	// Locks are the absolute paths of further locks whose crates are fetched.
	Locks []string
	// KnownHosts is the absolute path of ssh's file of host keys.
	KnownHosts string
}

// Network configures the vertices that may use the network.
type Network struct {
	// CA is the absolute path of a PEM bundle of certificate authorities,
	// "" for those of the image.
	CA string
	// Proxy is the URL of an HTTP proxy for http and https.
	Proxy string
	// NoProxy lists hosts that are reached without Proxy, separated by commas.
	NoProxy string
}

// Settings are the cargo settings that decide which compiled dependencies a
// check can share. Checks with equal settings share one stack of stages.
type Settings struct {
	// Profile is a cargo profile: release, dev, or a custom one.
	Profile           string
	Features          []string
	AllFeatures       bool
	NoDefaultFeatures bool
	// Target is a target triple, "" for the host without --target.
	Target string
	// Packages are the packages to select, none for the whole workspace;
	// Exclude are those of the workspace to leave out.
	Packages []string
	Exclude  []string
	// Rustflags is the only place for RUSTFLAGS; deps and checks get the same.
	Rustflags string
	// Env is set in deps and checks alike.
	Env map[string]string
	// MemberLayers compiles members apart from one another before the check.
	MemberLayers bool
}

// Limits bound what a check may use. None of them is part of a cache key but
// the sizes of file systems.
type Limits struct {
	// Timeout ends a check, which is then red; 0 is never.
	Timeout time.Duration
	// Retries is how often tests that failed are run again.
	Retries int
	// Memory, TmpSize and ShmSize are in bytes; 0 leaves the builder's.
	Memory  Size
	TmpSize Size
	ShmSize Size
	// CPUs is how many processors may be used, 0 for all.
	CPUs float64
	// OutputSize and OutputFiles bound what comes out, in bytes and in files
	// and directories.
	OutputSize  Size
	OutputFiles int
}

// Check is one check with the common settings merged in.
type Check struct {
	Name string
	// Kind is the name of a [Kind].
	Kind     string
	Settings Settings
	Limits   Limits
	// Leg is the leg of the matrix, "" outside of it, and Matrix the legs
	// that the check runs on.
	Leg    string
	Matrix []string
	// Toolchain overrides that of the configuration for a leg; only Image,
	// OCILayout and Channel are ever set.
	Toolchain Toolchain
	// Source narrows what the check sees; GitEnv is not used.
	Source Source
	// Network lets the check out.
	Network bool
	// Insecure lifts the sandbox for the check.
	Insecure bool
	// User is the user that runs the check, a name or UID[:GID]; "" for root.
	User string
	// Cache lets a green result stand while nothing has changed, MaxAge for how
	// long, 0 for ever.
	Cache  bool
	MaxAge time.Duration
	// Secrets are as in [Fetch].
	Secrets map[string]string
	// Args follow the built-in arguments of the kind's cargo command.
	Args []string
	// TestArgs follow `cargo test` in kinds that run tests.
	TestArgs []string
	// Tests reports whether a package check runs the tests.
	Tests bool
	// Run are the lines of the script of a custom check, Shell the words of what
	// runs it, none for sh, and Deps what has to be compiled before: none, check,
	// build or test.
	Run   []string
	Shell []string
	Deps  string
	// FailUnder is the least coverage in percent, 0 for none.
	FailUnder float64
	// Formats are tarpaulin's --out values.
	Formats []string
	// Line is where the check stands in File, 0 when it is built in.
	Line int
}

// Image describes the image that the binaries are published in.
type Image struct {
	// Base is an image reference, "" or "scratch" for what cranekit makes.
	Base string
	// OCILayout is the absolute directory of an OCI layout that takes the
	// place of Base.
	OCILayout string
	// Packages are installed in the base by its own package manager, as in
	// [Toolchain].
	Packages []string
	// Files maps files and directories, by slash-separated paths relative to
	// the workspace, to absolute paths in the image.
	Files map[string]string
	// Checks are globs of the package checks that the binaries come from, and
	// Requires of those that have to be green; none means all.
	Checks   []string
	Requires []string
	// Binaries are those to take, none for all.
	Binaries   []string
	Entrypoint []string
	Cmd        []string
	// Workdir is an absolute path, "" for that of the base.
	Workdir string
	// Expose are ports such as 8080 or 53/udp.
	Expose []string
	// User is USER or USER:GROUP.
	User   string
	Env    map[string]string
	Labels map[string]string
}

// Scratch reports whether there is nothing below what cranekit puts into the image.
func (i Image) Scratch() bool { return i.OCILayout == "" && (i.Base == "" || i.Base == "scratch") }

// Kind describes a kind of check to the loader: which keys it takes beside
// kind and the keys of [Settings], and what Args is without an entry.
type Kind struct {
	Name string
	// Doc is one sentence for help texts and the reference.
	Doc string
	// Keys are among args, test-args, tests, run, shell, deps, fail-under, out.
	Keys []string
	// Source is set if the kind looks at sources only: settings make no
	// difference to it.
	Source bool
	// Args and Formats are the defaults of the keys args and out.
	Args    []string
	Formats []string
}
