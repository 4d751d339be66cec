package config

import "slices"

// secretDoc describes the values of a map of secrets.
const secretDoc = "Secrets by name: `env:NAME` sets the variable from cranekit's own environment, `file:PATH` gives a file as `/run/secrets/<name>`. " +
	"Their values are in no cache key, and `***` stands where a log or another text would have them."

// checkKeys are the keys that a check has beside those of [Settings].
func checkKeys() []key {
	return slices.Concat(commandKeys(), scriptKeys(), restKeys(), insecureKeys())
}

// commandKeys are the keys of what a check runs.
func commandKeys() []key {
	return []key{
		{
			path: checkPrefix + "kind", typ: textKey, absent: "the check's name, when that is a kind",
			doc: "Kind of check.", example: "tarpaulin",
			at: func(_ *Config, c *Check) any { return &c.Kind },
		}, {
			path: checkPrefix + "matrix", typ: listKey, check: each(legName), absent: "all legs of `matrix`, none for `fmt`", example: "[musl]",
			doc: "Legs of `matrix` that the check runs on; `[]` for none of them.",
			at:  func(_ *Config, c *Check) any { return &c.Matrix },
		}, {
			path: checkPrefix + "args", typ: wordsKey, absent: "that of the kind", example: "--all-targets -- --deny warnings",
			doc: "Arguments after the built-in ones of the kind's cargo command, as text with shell quoting or as a list.",
			at:  func(_ *Config, c *Check) any { return &c.Args },
		}, {
			path: checkPrefix + "test-args", typ: wordsKey, example: "-- --test-threads 4",
			doc: "Arguments of `cargo test`, where a kind runs it as a second command.",
			at:  func(_ *Config, c *Check) any { return &c.TestArgs },
		}, {
			path: checkPrefix + "tests", typ: boolKey, absent: "`true`", example: "false",
			doc: "Run the tests after the build. Without them nothing is compiled for tests, as firmware and wasm cannot run any.",
			at:  func(_ *Config, c *Check) any { return &c.Tests },
		},
	}
}

// restKeys are the keys of results, of what a check sees and of what it gets.
func restKeys() []key {
	return []key{
		{
			path: checkPrefix + "fail-under", typ: numberKey, check: between(0, 100), example: "80",
			doc: "Least coverage in percent.",
			at:  func(_ *Config, c *Check) any { return &c.FailUnder },
		}, {
			path: checkPrefix + "out", typ: listKey, absent: "that of the kind", allowed: []string{"Html", "Json", "Lcov", "Xml"},
			doc: "Report formats. Xml is Cobertura's.", example: "[Html, Lcov]",
			at: func(_ *Config, c *Check) any { return &c.Formats },
		}, {
			path: checkPrefix + "source.include", typ: listKey, check: each(filled), example: "[crates/**]",
			doc: "The only files of the source that the check sees, as .dockerignore patterns.",
			at:  func(_ *Config, c *Check) any { return &c.Source.Include },
		}, {
			path: checkPrefix + "source.exclude", typ: listKey, check: each(filled), example: "[docs/**]",
			doc: "Files that the check does not see: a change in them does not run it again.",
			at:  func(_ *Config, c *Check) any { return &c.Source.Exclude },
		}, {
			path: checkPrefix + "network", typ: boolKey,
			needs: needs(TrustNetwork),
			doc:   "Let the check use the network. Its green result holds for `max-age`.",
			at:    func(_ *Config, c *Check) any { return &c.Network },
		}, {
			path: checkPrefix + "secrets", typ: mapKey, check: each(secret), example: "{DATABASE_URL: \"env:CI_DATABASE_URL\", key.pem: \"file:ci/key.pem\"}",
			needs: needs(TrustSecrets),
			doc:   secretDoc,
			at:    func(_ *Config, c *Check) any { return &c.Secrets },
		},
	}
}

// What comes out of a check fills the disk of whoever runs it: these are the
// bounds that the repository can raise with trust only.
const (
	outputSize  = Size(4 << 30)
	outputFiles = 100_000
)

// scriptKeys are the keys of checks that run a script.
func scriptKeys() []key {
	return []key{
		{
			path: checkPrefix + "run", typ: linesKey, example: "[cargo --version, rustc --version]",
			doc: "Script to run on the snapshot, as text or as a list of lines. It is one script, run by `sh` with `set -eu`. Files that it leaves in `/out` come out, into the check's directory of the results.",
			at:  func(_ *Config, c *Check) any { return &c.Run },
		}, {
			path: checkPrefix + "shell", typ: wordsKey, check: interpreter, absent: "`sh -euc`", example: "bash -euo pipefail -c",
			doc: "Command that runs the script, which is its last argument. The image must have it.",
			at:  func(_ *Config, c *Check) any { return &c.Shell },
		}, {
			path: checkPrefix + "deps", typ: textKey, allowed: []string{"none", "check", "build", "test"}, absent: "`test`", example: "none",
			doc: "Dependencies that the script finds compiled: those of `cargo check`, of `cargo build` too, or of `cargo test` too. With `none` there are no crates either, and the check starts at once.",
			at:  func(_ *Config, c *Check) any { return &c.Deps },
		},
	}
}

// limitKeys are the keys of [Limits], which exist in common and in every
// check.
func limitKeys(prefix string, of func(*Config, *Check) *Limits) []key {
	return []key{
		{
			path: prefix + "timeout", typ: durationKey, example: "30m",
			doc: "Time after which a check is ended and red, with its log so far; 0 for never.",
			at:  func(c *Config, ch *Check) any { return &of(c, ch).Timeout },
		}, {
			path: prefix + "retries", typ: intKey, check: between(0, 20),
			doc: "How often tests and shell lines that fail are run again. A check that passes only then is reported as flaky.",
			at:  func(c *Config, ch *Check) any { return &of(c, ch).Retries },
		}, {
			path: prefix + "memory", typ: sizeKey, example: "4GiB",
			doc: "Memory that a check may use; 0 for what the builder has.",
			at:  func(c *Config, ch *Check) any { return &of(c, ch).Memory },
		}, {
			path: prefix + "cpus", typ: numberKey, check: between(0, 4096), example: "1.5",
			doc: "Processors that a check may use; 0 for all.",
			at:  func(c *Config, ch *Check) any { return &of(c, ch).CPUs },
		}, {
			path: prefix + "tmp-size", typ: sizeKey, example: "1GiB",
			doc: "Make /tmp a file system in memory of this size; 0 for one on disk.",
			at:  func(c *Config, ch *Check) any { return &of(c, ch).TmpSize },
		}, {
			path: prefix + "shm-size", typ: sizeKey, example: "256MiB",
			doc: "Size of /dev/shm; 0 for the builder's 64 MiB.",
			at:  func(c *Config, ch *Check) any { return &of(c, ch).ShmSize },
		}, {
			path: prefix + "output-size", typ: sizeKey, check: sizes(1, 1<<40), def: outputSize, needs: moreThan(outputSize),
			doc: "Bytes of files that may come out of a check. With more, only the log does, and it is an error. If a log is longer than 32 MiB, only its beginning and end come out.",
			at:  func(c *Config, ch *Check) any { return &of(c, ch).OutputSize },
		}, {
			path: prefix + "output-files", typ: intKey, check: between(1, 10_000_000), def: outputFiles, needs: moreThan(outputFiles),
			doc: "Number of files and directories that may come out of a check.",
			at:  func(c *Config, ch *Check) any { return &of(c, ch).OutputFiles },
		},
	}
}

// legKeys are the keys that a leg of the matrix has beside those of
// [Settings].
func legKeys() []key {
	return []key{
		{
			path: legPrefix + "toolchain.image", typ: textKey, check: each(word), absent: "`toolchain.image`", example: "docker.io/library/rust:1.85-slim",
			needs: []need{toolchains(foreignImage, "for other than official images")},
			doc:   "Image reference of the leg's own toolchain.",
			at:    func(_ *Config, c *Check) any { return &c.Toolchain.Image },
		}, {
			path: legPrefix + "toolchain.oci-layout", typ: pathKey, absent: "`toolchain.oci-layout`", example: ".cache/rust-msrv",
			needs: append(outsiders(), toolchains(given, "")),
			doc:   "OCI layout with the leg's own toolchain.",
			at:    func(_ *Config, c *Check) any { return &c.Toolchain.OCILayout },
		}, {
			path: legPrefix + "toolchain.channel", typ: textKey, check: each(channel), absent: "`toolchain.channel`", example: "nightly",
			doc: "Rust channel or version of the leg.",
			at:  func(_ *Config, c *Check) any { return &c.Toolchain.Channel },
		},
	}
}
