package llb

import (
	"slices"
	"strings"

	"github.com/cranekit/cranekit/config"
)

// kind is a row of the table of checks, and all that is known of a kind: no
// other place looks at its name.
type kind struct {
	// Kind is what the loader of the configuration has to know.
	config.Kind
	// source is what is mounted of the source.
	source Source
	// runs is set if the check runs code of the workspace, which may write
	// into the source: it gets a copy of its own that is dropped afterwards.
	runs bool
	// deps is the deps stage that a check starts from, [stageNone] without it.
	deps func(c config.Check) stage
	// layers is set if member layers serve the check.
	layers bool
	// programs is set if programs come out, for result/bin and for images.
	programs bool
	// outside reports whether the snapshot is mounted out of the source; nil
	// for never.
	outside func(c config.Check) bool
	// tool is the tool that the check runs, "" for none; tools is set if it has
	// all that the configuration names.
	tool  string
	tools bool
	// env are variables of a check beyond those of its settings; nil for none.
	env func(c config.Check) map[string]string
	// commands are what a check runs, in order.
	commands func(c config.Check) []command
}

// kinds is the table of the kinds of check. A new kind is a new row.
var kinds = map[string]kind{
	"clippy": {
		Kind: config.Kind{
			Name: "clippy", Doc: "Lints by cargo clippy.",
			Keys: []string{"args"}, Args: []string{"--all-targets", "--", "--deny", "warnings"},
		},
		source: sourceAll, deps: always(stageCheck), layers: true,
		commands: func(c config.Check) []command { return []command{compile(c, stageCheck, "args", c.Args, "clippy")} },
	},
	"package": {
		Kind: config.Kind{
			Name: "package", Doc: "cargo build, whose binaries and libraries come out, then cargo test.",
			Keys: []string{"args", "test-args", "tests"},
		},
		source: sourceAll, runs: true, layers: true, programs: true,
		deps: func(c config.Check) stage {
			if c.Tests {
				return stageTest
			}
			return stageBuild
		},
		commands: func(c config.Check) []command {
			build := []command{compile(c, stageBuild, "args", c.Args, "build"), {verb: "collect"}}
			if !c.Tests {
				return build
			}
			return append(build, tests(c, "test-args", c.TestArgs)...)
		},
	},
	"tarpaulin": {
		Kind: config.Kind{
			Name: "tarpaulin", Doc: "Coverage of the tests by cargo-tarpaulin.",
			Keys: []string{"args", "fail-under", "out"}, Formats: []string{"Xml", "Lcov", "Json", "Html"},
		},
		source: sourceAll, runs: true, deps: always(stageTest), tool: "cargo-tarpaulin",
		env: func(c config.Check) map[string]string {
			if c.Settings.Rustflags == "" {
				return nil
			}
			return map[string]string{"CRANEKIT_RUSTFLAGS": c.Settings.Rustflags}
		},
		commands: tarpaulin,
	},
	"check": {
		Kind: config.Kind{
			Name: "check", Doc: "cargo check.",
			Keys: []string{"args"}, Args: []string{"--all-targets"},
		},
		source: sourceAll, deps: always(stageCheck), layers: true,
		commands: func(c config.Check) []command { return []command{compile(c, stageCheck, "args", c.Args, "check")} },
	},
	"test": {
		Kind: config.Kind{
			Name: "test", Doc: "cargo test, documentation tests included.",
			Keys: []string{"args"},
		},
		source: sourceAll, runs: true, deps: always(stageTest), layers: true,
		commands: func(c config.Check) []command { return tests(c, "args", c.Args) },
	},
	"doctest": {
		Kind: config.Kind{
			Name: "doctest", Doc: "cargo test --doc, the documentation tests alone.",
			Keys: []string{"args"},
		},
		source: sourceAll, runs: true, deps: always(stageTest),
		commands: func(c config.Check) []command { return docTests(c, "args", c.Args) },
	},
	"taplo": {
		Kind: config.Kind{
			Name: "taplo", Doc: "taplo fmt --check, the format of TOML files; starts at once, it needs no dependencies.",
			Keys: []string{"args"}, Source: true,
		},
		source: sourceTOML, deps: always(stageNone), tool: "taplo-cli",
		commands: func(c config.Check) []command {
			return []command{{verb: "once", program: []string{"taplo"}, own: []string{"fmt", "--check"}, key: "args", given: c.Args}}
		},
	},
	"doc": {
		Kind: config.Kind{
			Name: "doc", Doc: "The documentation by cargo doc.",
			Keys: []string{"args"}, Args: []string{"--no-deps"},
		},
		source: sourceAll, deps: always(stageCheck),
		commands: func(c config.Check) []command {
			return []command{compile(c, stageCheck, "args", c.Args, "doc"), {verb: "document"}}
		},
	},
	"fmt": {
		Kind: config.Kind{
			Name: "fmt", Doc: "cargo fmt --check; starts at once, it needs no dependencies.",
			Keys: []string{"args"}, Source: true,
		},
		source: sourceRust, deps: always(stageNone),
		commands: func(c config.Check) []command {
			return []command{{verb: "once", program: []string{"cargo", "fmt"}, own: []string{"--all", "--check"}, key: "args", given: c.Args}}
		},
	},
	"custom": {
		Kind: config.Kind{
			Name: "custom", Doc: "A script of your own, on the same compiled dependencies. They are in `target`, or, where it does not name `cargo`, in `$CARGO_TARGET_DIR` outside of the source.",
			Keys: []string{"run", "shell", "deps"},
		},
		source: sourceAll, runs: true, tools: true,
		deps: func(c config.Check) stage {
			if c.Deps == "" { // The loader has a default; a check that was made by hand has none.
				return stageTest
			}
			return stage(slices.Index(stageNames[:], c.Deps))
		},
		// A script without cargo can be a tool that reads the whole tree, where no
		// .git tells it what is ignored.
		outside: func(c config.Check) bool { return !strings.Contains(strings.Join(c.Run, "\n"), "cargo") },
		commands: func(c config.Check) []command {
			return []command{{verb: "shell", program: append([]string{strings.Join(c.Run, "\n")}, c.Shell...)}}
		},
	},
}

// always is the stage of a kind whatever the configuration says.
func always(st stage) func(config.Check) stage {
	return func(config.Check) stage { return st }
}

// Kinds lists the kinds of check, sorted by name, for the loader of the
// configuration.
func Kinds() []config.Kind {
	var list []config.Kind
	for _, k := range kinds {
		list = append(list, k.Kind)
	}
	slices.SortFunc(list, func(a, b config.Kind) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return list
}

// Programs reports whether programs come out of the checks of a kind, for
// result/bin and for images.
func Programs(kind string) bool { return kinds[kind].programs }

// OfSource reports whether settings make no difference to a kind.
func OfSource(kind string) bool { return kinds[kind].Source }

// DefaultChecks are the checks of a workspace without configuration.
func DefaultChecks() []string {
	return []string{"clippy", "package", "tarpaulin"}
}
