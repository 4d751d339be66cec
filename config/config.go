// Package config turns crane.yaml, CRANEKIT_* variables and flags into one
// checked [Config]. It knows nothing of BuildKit and runs nothing.
package config

// Config is the effective configuration: every default applied, every path
// absolute, every check resolved against common.
type Config struct {
	// File is the crane.yaml that was read, "" when there is none.
	File string
	// Workspace is the absolute directory that holds the root Cargo.toml.
	Workspace string
	Source    Source
	Toolchain Toolchain
	Network   Network
	Common    Settings
	// Checks are in the order of the file; without the key they are clippy,
	// package and tarpaulin.
	Checks []Check
	// Builder is "auto", "embedded" or an address (unix://, tcp://).
	Builder string
	// Jobs is the number of checks that run at once; 0 means all.
	Jobs int
	// FailFast cancels the checks that still run when one is red.
	FailFast bool
	// DenyRebuild turns a dependency compiled inside a check into a red result.
	DenyRebuild bool
	// Progress is auto, tty, plain, json or quiet.
	Progress string
	// Output is the absolute directory that results are written to.
	Output string
	// Origins names, per key, where its value came from: "default",
	// "crane.yaml:12", "CRANEKIT_JOBS", "--jobs", "--set".
	Origins map[string]string
}

// Source narrows what is sent to the builder. Patterns are those of
// .dockerignore, relative to the source root.
type Source struct {
	Include []string
	Exclude []string
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
	// Packages are installed by apt-get or apk, whichever the image has.
	Packages []string
	// Tools maps a tool, as named on crates.io, to its exact version.
	Tools map[string]string
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
	// Rustflags is the only place for RUSTFLAGS; deps and checks get the same.
	Rustflags string
	// Env is set in deps and checks alike.
	Env map[string]string
}

// Check is one check with the common settings merged in.
type Check struct {
	Name string
	// Kind is the name of a [Kind].
	Kind     string
	Settings Settings
	// Args follow the built-in arguments of the kind's cargo command.
	Args []string
	// TestArgs follow `cargo test` in kinds that run tests.
	TestArgs []string
	// Run are the shell lines of a custom check.
	Run []string
	// FailUnder is the least coverage in percent, 0 for none.
	FailUnder float64
	// Formats are tarpaulin's --out values.
	Formats []string
	// Line is where the check stands in File, 0 when it is built in.
	Line int
}

// Kind describes a kind of check to the loader: which keys it takes beside
// kind and the keys of [Settings], and what Args is without an entry.
type Kind struct {
	Name string
	// Doc is one sentence for help texts and the reference.
	Doc string
	// Keys are among args, test-args, run, fail-under, out.
	Keys []string
	// Args and Formats are the defaults of the keys args and out.
	Args    []string
	Formats []string
}
