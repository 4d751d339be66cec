package llb

import (
	"slices"
	"strings"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// kind is a row of the table of checks: what the loader has to know, what is
// mounted, and the commands.
type kind struct {
	config.Kind
	// stage is the deps stage that the check starts from.
	stage stage
	// source is the name of the file set that is mounted.
	source string
	// runs is set if the check runs code of the workspace, which may write
	// into the source: it gets a copy of its own that is dropped afterwards.
	runs bool
	// layers is set if member layers serve the check.
	layers bool
	// tool is the cargo subcommand that has to be there, "" for none.
	tool string
	// steps are the commands.
	steps func(c config.Check) []step
}

// kinds is the table of the kinds of check. A new kind is a new row.
var kinds = map[string]kind{
	"clippy": {
		Kind: config.Kind{
			Name: "clippy", Doc: "Lints by cargo clippy.",
			Keys: []string{"args"}, Args: []string{"--all-targets", "--", "--deny", "warnings"},
		},
		stage: stageCheck, source: sourceAll, layers: true,
		steps: func(c config.Check) []step { return []step{compile(c, []string{"clippy"}, c.Args)} },
	},
	"package": {
		Kind: config.Kind{
			Name: "package", Doc: "cargo build, whose binaries and libraries come out, then cargo test.",
			Keys: []string{"args", "test-args", "tests"},
		},
		stage: stageTest, source: sourceAll, runs: true, layers: true,
		steps: func(c config.Check) []step {
			build := []step{compile(c, []string{"build"}, c.Args), {verb: "collect"}}
			if !c.Tests {
				return build
			}
			return append(build, test(c, c.TestArgs)...)
		},
	},
	"tarpaulin": {
		Kind: config.Kind{
			Name: "tarpaulin", Doc: "Coverage of the tests by cargo-tarpaulin.",
			Keys: []string{"args", "fail-under", "out"}, Formats: []string{"Xml", "Lcov", "Json", "Html"},
		},
		stage: stageTest, source: sourceAll, runs: true, tool: "cargo-tarpaulin",
		steps: tarpaulin,
	},
	"check": {
		Kind: config.Kind{
			Name: "check", Doc: "cargo check.",
			Keys: []string{"args"}, Args: []string{"--all-targets"},
		},
		stage: stageCheck, source: sourceAll, layers: true,
		steps: func(c config.Check) []step { return []step{compile(c, []string{"check"}, c.Args)} },
	},
	"test": {
		Kind: config.Kind{
			Name: "test", Doc: "cargo test, documentation tests included.",
			Keys: []string{"args"},
		},
		stage: stageTest, source: sourceAll, runs: true, layers: true,
		steps: func(c config.Check) []step { return test(c, c.Args) },
	},
	"doc": {
		Kind: config.Kind{
			Name: "doc", Doc: "The documentation by cargo doc.",
			Keys: []string{"args"}, Args: []string{"--no-deps"},
		},
		stage: stageCheck, source: sourceAll,
		steps: func(c config.Check) []step {
			return []step{compile(c, []string{"doc"}, c.Args), {verb: "document"}}
		},
	},
	"fmt": {
		Kind: config.Kind{
			Name: "fmt", Doc: "cargo fmt --check; starts at once, it needs no dependencies.",
			Keys: []string{"args"}, Source: true,
		},
		source: sourceRust,
		steps: func(c config.Check) []step {
			command, _ := format(c)
			return []step{{verb: "once", args: command}}
		},
	},
	"custom": {
		Kind: config.Kind{
			Name: "custom", Doc: "A script of your own, on the same compiled dependencies. They are in `target`, or, where it does not name `cargo`, in `$CARGO_TARGET_DIR` outside of the source.",
			Keys: []string{"run", "shell", "deps"},
		},
		stage: stageTest, source: sourceAll, runs: true,
		steps: func(c config.Check) []step {
			return []step{{verb: "shell", args: append([]string{strings.Join(c.Run, "\n")}, c.Shell...)}}
		},
	},
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

// OfSource reports whether settings make no difference to a kind.
func OfSource(kind string) bool { return kinds[kind].Source }

// DefaultChecks are the checks of a workspace without configuration.
func DefaultChecks() []string {
	return []string{"clippy", "package", "tarpaulin"}
}

// of is the kind as a check wants it: with the stage that it starts from.
func (k kind) of(c config.Check) kind {
	switch {
	case c.Kind == "package" && !c.Tests:
		k.stage = stageBuild
	case c.Kind == "custom" && c.Deps != "":
		k.stage = stage(slices.Index(stageNames[:], c.Deps))
	}
	return k
}

// uses are the cargo commands of a check that compile dependencies.
func (k kind) uses(c config.Check) []use {
	of := func(st stage, subcommand string, args []string) use {
		return use{st, selectionOf(st, c.Settings, cargo.ParseArgs(subcommand, args))}
	}
	switch c.Kind {
	case "custom":
		return nil
	case "package":
		build := of(stageBuild, "build", c.Args)
		if !c.Tests {
			return []use{build}
		}
		return []use{build, of(stageTest, "test", c.TestArgs)}
	default:
		return []use{of(k.stage, c.Kind, c.Args)}
	}
}
