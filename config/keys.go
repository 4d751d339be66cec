package config

import (
	"slices"
	"strings"

	"github.com/cranekit/cranekit/images"
)

// tarpaulin is the one tool that cranekit itself needs, for coverage.
const tarpaulin = "cargo-tarpaulin"

// checkPrefix starts the table's paths of the keys of a check; the user's own
// name takes the place of its last element.
const checkPrefix = "checks.<name>."

// legPrefix starts those of the legs of the matrix.
const legPrefix = "matrix.<leg>."

// key is one row of the table of configuration keys. The strict reading of
// crane.yaml, the defaults, variables and flags, the reference and
// crane.yaml.example all come from it.
type key struct {
	// path is the dotted path in crane.yaml.
	path string
	typ  typ
	// def is the default; nil stands for the zero value or for absent.
	def any
	// absent says in words what holds without the key where def cannot.
	absent string
	doc    string
	// allowed lists the possible values; letter case does not matter.
	allowed []string
	// example is a sensible value as YAML.
	example string
	// check looks at one given value; "" as message means that it is fine.
	check func(value any) (message, hint string)
	// needs are what the repository has to be trusted with for a value of its
	// own file; see TestTrustOfKeys.
	needs []need
	// at is where the value lives: in the Config, or in the Check for the
	// keys of checks.
	at func(*Config, *Check) any
}

// ofBuilder reports whether the key belongs to each named builder.
func (k *key) ofBuilder() bool { return strings.HasPrefix(k.path, builderPrefix) }

// ofCheck reports whether the key belongs to each check.
func (k *key) ofCheck() bool { return strings.HasPrefix(k.path, checkPrefix) }

// ofLeg reports whether the key belongs to each leg of the matrix.
func (k *key) ofLeg() bool { return strings.HasPrefix(k.path, legPrefix) }

// leaf is the path without what leads to the check or leg, or to the section.
func (k *key) leaf() string {
	for _, prefix := range []string{checkPrefix, legPrefix, builderPrefix} {
		if leaf, ok := strings.CutPrefix(k.path, prefix); ok {
			return leaf
		}
	}
	return k.path[strings.LastIndexByte(k.path, '.')+1:]
}

// keys returns the table in the order of crane.yaml.example. Keys of checks
// that are in common too have no default but the value there.
func keys() []key {
	ofCommon := func(c *Config, _ *Check) *Settings { return &c.Common }
	ofCheck := func(_ *Config, c *Check) *Settings { return &c.Settings }
	common := slices.Concat(settingsKeys("common.", ofCommon), limitKeys("common.", func(c *Config, _ *Check) *Limits { return &c.Limits }),
		userKeys("common.", func(c *Config, _ *Check) any { return &c.User }))
	own := slices.Concat(settingsKeys(checkPrefix, ofCheck), limitKeys(checkPrefix, func(_ *Config, c *Check) *Limits { return &c.Limits }),
		userKeys(checkPrefix, func(_ *Config, c *Check) any { return &c.User }))
	legs := slices.Concat(legKeys(), settingsKeys(legPrefix, ofCheck))
	return slices.Concat(placeKeys(), fetchKeys(), networkKeys(), common, checkKeys(), ageKeys(), own, legs, imageKeys(), runKeys(), builderKeys(builderPrefix, nil))
}

// placeKeys are the keys that say what is built and with what.
func placeKeys() []key {
	return []key{
		{
			path: "workspace", typ: pathsKey, absent: "the directory of crane.yaml if it has a Cargo.toml, else that of the nearest Cargo.lock or workspace",
			needs: outsiders(),
			doc:   "The directory that holds the root Cargo.toml, or a list of such: several workspaces run one after the other, each with its own results below `output`.", example: ".",
			at: func(c *Config, _ *Check) any { return &c.Workspaces },
		}, {
			path: "source.include", typ: listKey, check: each(filled), example: "[crates/app/generated/**]",
			doc: "Files to send to the builder although git ignores them, as .dockerignore patterns.",
			at:  func(c *Config, _ *Check) any { return &c.Source.Include },
		}, {
			path: "source.exclude", typ: listKey, check: each(filled), example: "[docs/**]",
			doc: "Leave these .dockerignore patterns out, on top of what git ignores.",
			at:  func(c *Config, _ *Check) any { return &c.Source.Exclude },
		}, {
			path: "source.git-env", typ: mapKey, check: each(gitFact), example: "{VERGEN_GIT_SHA: commit}",
			doc: "Variables of the checks, but not of dependencies, to set from git: `commit`, `short-commit`, `branch`, `describe` or `date` of the commit. " +
				"The source has no .git directory. Every commit then runs the checks again.",
			at: func(c *Config, _ *Check) any { return &c.Source.GitEnv },
		}, {
			path: "toolchain.image", typ: textKey, check: each(word), example: "docker.io/library/rust:1.90-slim-bookworm",
			needs:  []need{toolchains(foreignImage, "for other than official images")},
			doc:    "Image reference of the toolchain; it excludes `toolchain.oci-layout` and `toolchain.dockerfile`.",
			absent: "the official rust image of the version that rust-toolchain.toml names, else of one that cranekit pins",
			at:     func(c *Config, _ *Check) any { return &c.Toolchain.Image },
		}, {
			path: "toolchain.oci-layout", typ: pathKey, example: ".cache/rust-debian",
			needs: append(outsiders(), toolchains(given, "")),
			doc:   "Directory of an OCI layout that takes the place of the image where no registry is reachable.",
			at:    func(c *Config, _ *Check) any { return &c.Toolchain.OCILayout },
		}, {
			path: "toolchain.dockerfile", typ: pathKey, example: "ci/Dockerfile",
			needs: append(outsiders(), toolchains(given, "")),
			doc: "Dockerfile that makes the toolchain. `FROM toolchain` in it is `toolchain.oci-layout`, if that is set. It copies from its directory, in a git " +
				"work tree without what git ignores.",
			at: func(c *Config, _ *Check) any { return &c.Toolchain.Dockerfile },
		}, {
			path: "toolchain.build-args", typ: mapKey, check: each(buildArg), example: "{RUST: \"1.90\"}",
			doc: "Build arguments for `toolchain.dockerfile`. They are in the image's history: no place for secrets.",
			at:  func(c *Config, _ *Check) any { return &c.Toolchain.BuildArgs },
		}, {
			path: "toolchain.build-target", typ: textKey, check: each(word), absent: "the last stage", example: "ci",
			doc: "Stage of `toolchain.dockerfile` to use.",
			at:  func(c *Config, _ *Check) any { return &c.Toolchain.BuildTarget },
		}, {
			path: "toolchain.channel", typ: textKey, check: each(channel), absent: "that of rust-toolchain.toml", example: "nightly-2026-01-01",
			doc: "Rust channel or version: it chooses the default image, and rustup installs it where the image has rustup.",
			at:  func(c *Config, _ *Check) any { return &c.Toolchain.Channel },
		}, {
			path: "toolchain.packages", typ: listKey, check: each(packageName), example: "[pkg-config, libssl-dev]",
			doc: "System packages to install, by apt-get or apk. `name:arm64` is one of another architecture, `name=VERSION` a version of it, and `name/RELEASE` that of a release among the apt sources of the image.",
			at:  func(c *Config, _ *Check) any { return &c.Toolchain.Packages },
		}, {
			path: "toolchain.tools", typ: mapKey, check: each(tool), def: map[string]string{tarpaulin: images.ToolVersion(tarpaulin)},
			doc: "Exact versions of cargo tools by their names on crates.io. A tool is built when a check needs it.",
			at:  func(c *Config, _ *Check) any { return &c.Toolchain.Tools },
		},
	}
}

// settingsKeys are the keys of [Settings], which exist in common and in every
// check.
func settingsKeys(prefix string, of func(*Config, *Check) *Settings) []key {
	var route []need // the step that downloads dependencies has the common env only
	if prefix == "common." {
		route = []need{{trust: TrustNetwork, of: reroutes, when: "for variables that lead past the keys of `network`"}}
	}
	return []key{
		{
			path: prefix + "profile", typ: textKey, check: each(profile), def: "release",
			doc: "Cargo profile: `release`, `dev` or one of your own.",
			at:  func(c *Config, ch *Check) any { return &of(c, ch).Profile },
		}, {
			path: prefix + "features", typ: listKey, check: each(word), example: "[serde, server/tls]",
			doc: "Features to activate; excludes `all-features`.",
			at:  func(c *Config, ch *Check) any { return &of(c, ch).Features },
		}, {
			path: prefix + "all-features", typ: boolKey, doc: "Activate all features.",
			at: func(c *Config, ch *Check) any { return &of(c, ch).AllFeatures },
		}, {
			path: prefix + "no-default-features", typ: boolKey, doc: "Leave the default features off.",
			at: func(c *Config, ch *Check) any { return &of(c, ch).NoDefaultFeatures },
		}, {
			path: prefix + "target", typ: textKey, check: each(word), absent: "the host's, without `--target`", example: "x86_64-unknown-linux-musl",
			doc: "Target triple to compile for.",
			at:  func(c *Config, ch *Check) any { return &of(c, ch).Target },
		}, {
			path: prefix + "packages", typ: listKey, check: each(word), absent: "the whole workspace", example: "[app, lib]",
			doc: "Packages to select, as with `--package`. Features are then unified for these alone, as cargo does it.",
			at:  func(c *Config, ch *Check) any { return &of(c, ch).Packages },
		}, {
			path: prefix + "exclude", typ: listKey, check: each(word), example: "[fuzz]",
			doc: "Packages of the workspace to leave out, as with `--exclude`; excludes `packages`.",
			at:  func(c *Config, ch *Check) any { return &of(c, ch).Exclude },
		}, {
			path: prefix + "rustflags", typ: textKey, check: each(rustflags), example: "-C target-cpu=x86-64-v2",
			doc: "The only place for RUSTFLAGS. Dependencies and checks are compiled with the same.",
			at:  func(c *Config, ch *Check) any { return &of(c, ch).Rustflags },
		}, {
			path: prefix + "env", typ: mapKey, check: each(variable), example: "{SQLX_OFFLINE: \"true\"}",
			needs: route,
			doc:   "Environment variables for dependencies and checks alike.",
			at:    func(c *Config, ch *Check) any { return &of(c, ch).Env },
		}, {
			path: prefix + "member-layers", typ: boolKey,
			doc: "Compile each member in a step of its own, cached by the files of the member and of those it depends on: after an edit, `check`, `clippy`, `package` and `test` compile again only what the edit touches. See [how it works](how-it-works.md#member-layers).",
			at:  func(c *Config, ch *Check) any { return &of(c, ch).MemberLayers },
		},
	}
}

// runKeys are the keys that say how a run goes. Their flags have their names.
func runKeys() []key {
	return []key{
		{
			path: "builder", typ: textKey, def: "auto", example: "unix:///run/buildkit/buildkitd.sock",
			needs: []need{{trust: TrustBuilder, of: foreignBuilder, when: "for all but `auto`, `embedded`, `docker` and `container`"}},
			doc: "BuildKit to run on: `auto`, `embedded`, `docker`, `container`, a name in `builders` or of docker buildx, or an address as there. " +
				"`docker:CONTEXT` and `container:CONTEXT` are on the engine of a context of Docker's. $BUILDKIT_HOST wins over crane.yaml. `auto` is a Docker engine that can do all that a run needs, else the embedded builder. " +
				"Several with commas between share the work of a run, see docs/builders.md.",
			at: func(c *Config, _ *Check) any { return &c.Builder },
		}, {
			path: "jobs", typ: intKey, check: between(0, 1<<16),
			doc: "Number of checks that run at once; 0 for all.",
			at:  func(c *Config, _ *Check) any { return &c.Jobs },
		}, {
			path: "fail-fast", typ: boolKey,
			doc: "Cancel the other checks as soon as one is red.",
			at:  func(c *Config, _ *Check) any { return &c.FailFast },
		}, {
			path: "deny-rebuild", typ: boolKey,
			doc: "Make a check red that compiles a dependency again.",
			at:  func(c *Config, _ *Check) any { return &c.DenyRebuild },
		}, {
			path: "deps-from-earlier", typ: boolKey,
			doc: "Compile dependencies on top of what an earlier run in the same directory and on the same branch, or on the default one, left on the builder: a new lock compiles what it touches. Compiled dependencies are then shared with no other directory or branch; see docs/how-it-works.md for the price.",
			at:  func(c *Config, _ *Check) any { return &c.DepsFromEarlier },
		}, {
			path: "cache", typ: cachesKey, example: "[\"type=registry,ref=registry.example/app/cache:{branch}\"]",
			needs: []need{{trust: TrustCache, of: given, optional: true}},
			doc:   "Shared caches to import from and export to, as maps or as text like that of buildx; see docs/caches.md. In a variable, one a line or separated by `;`.",
			at:    func(c *Config, _ *Check) any { return &c.Cache },
		}, {
			path: "cache-isolation", typ: boolKey, def: true, needs: []need{{trust: TrustCache, of: off, optional: true, when: "for `false`"}},
			doc: "In CI, keep changes apart in shared caches: only the default branch writes what others read, see docs/caches.md.",
			at:  func(c *Config, _ *Check) any { return &c.CacheIsolation },
		}, {
			path: "cache-read-only", typ: boolKey,
			doc: "Import from the caches, export to none.",
			at:  func(c *Config, _ *Check) any { return &c.CacheReadOnly },
		}, {
			path: "cache-required", typ: boolKey,
			doc: "End with exit code 75 when a cache could not be read or written; without it that is a warning.",
			at:  func(c *Config, _ *Check) any { return &c.CacheRequired },
		}, {
			path: "progress", typ: textKey, def: "auto", allowed: []string{"auto", "tty", "plain", "full", "json", "quiet"},
			doc: "How progress is shown: `tty` live on a terminal, `plain` with a few lines for each step, `full` with all that the steps print, `json` as BuildKit's events. `auto` is `tty` on a terminal outside of CI, else `plain`.",
			at:  func(c *Config, _ *Check) any { return &c.Progress },
		}, {
			path: "output", typ: pathKey, absent: "`result` in the workspace; of several workspaces, beside crane.yaml", example: "target/cranekit",
			needs: []need{{trust: TrustOutput, of: (*repo).outside, when: outsideText}},
			doc:   "Directory for results. Each run replaces what is in it, so it has to be new, empty or one that cranekit made.",
			at:    func(c *Config, _ *Check) any { return &c.Output },
		},
	}
}

// find returns the row with the path, or nil.
func find(table []key, path string) *key {
	for i := range table {
		if table[i].path == path {
			return &table[i]
		}
	}
	return nil
}

// children lists the names that may stand below a section, "" for the root.
func children(table []key, section string) []string {
	var names []string
	for _, k := range table {
		rest, ok := strings.CutPrefix(k.path, section)
		if section != "" {
			rest, ok = strings.CutPrefix(rest, ".")
		}
		if name, _, _ := strings.Cut(rest, "."); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
