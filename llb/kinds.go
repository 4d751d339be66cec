package llb

import (
	"slices"
	"strconv"

	"github.com/cranekit/cranekit/config"
)

// kind is a row of the table of checks: what the loader has to know, what is
// mounted, and the commands.
type kind struct {
	config.Kind
	// stage is the deps stage that the check starts from.
	stage stage
	// source is the name of the file set that is mounted.
	source string
	// runs says that the check runs code of the workspace, which may write
	// into the source: it gets a copy of its own that is dropped afterwards.
	runs bool
	// layers says that member layers serve the check.
	layers bool
	// tool is the cargo subcommand that has to be there, "" for none.
	tool string
	// steps are the commands.
	steps func(c config.Check) []step
}

// step is one command of a check. The verb is a function of scripts/check.sh.
type step struct {
	verb string
	args []string
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
			Keys: []string{"args", "test-args"},
		},
		stage: stageTest, source: sourceAll, runs: true, layers: true,
		steps: func(c config.Check) []step {
			build := []step{compile(c, []string{"build"}, c.Args), {verb: "collect"}}
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
			return []step{{verb: "once", args: append([]string{"cargo", "fmt", "--all", "--check"}, c.Args...)}}
		},
	},
	"custom": {
		Kind: config.Kind{
			Name: "custom", Doc: "Any shell lines, on the same compiled dependencies. They are in `target`, or, where no line names `cargo`, in `$CARGO_TARGET_DIR` outside of the source.",
			Keys: []string{"run"},
		},
		stage: stageTest, source: sourceAll, runs: true,
		steps: func(c config.Check) []step {
			steps := make([]step, len(c.Run))
			for i, line := range c.Run {
				steps[i] = step{verb: "shell", args: []string{line}}
			}
			return steps
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

// DefaultChecks are the checks of a workspace without configuration.
func DefaultChecks() []string {
	return []string{"clippy", "package", "tarpaulin"}
}

// uses are the cargo commands of a check that compile dependencies.
func (k kind) uses(c config.Check) []use {
	switch c.Kind {
	case "custom":
		return nil
	case "package":
		return []use{
			{stageBuild, selectionOf(stageBuild, c.Args)},
			{stageTest, selectionOf(stageTest, c.TestArgs)},
		}
	default:
		return []use{{k.stage, selectionOf(k.stage, c.Args)}}
	}
}

// compiling are the cargo commands of a check that compile, in a form that
// takes further flags at its end and goes on after an error where cargo can.
func (k kind) compiling(c config.Check) []string {
	var lines []string
	for _, s := range k.steps(c) {
		args := s.args
		if s.verb == "coverage" {
			args = append(cargoCommand(c, []string{"test", "--no-run"}, nil), "--tests")
		} else if s.verb != "compile" {
			continue
		}
		if i := slices.Index(args, "--"); i >= 0 {
			args = args[:i]
		}
		if !slices.Contains(args, "--no-run") {
			args = append(slices.Clone(args), "--keep-going")
		}
		lines = append(lines, CommandLine(args))
	}
	return lines
}

// compile is a cargo command whose messages are kept.
func compile(c config.Check, subcommand, args []string) step {
	return step{verb: "compile", args: cargoCommand(c, subcommand, args)}
}

// cargoCommand puts a cargo command together: the flags of the settings come
// before the user's, whose -- may end them.
func cargoCommand(c config.Check, subcommand, args []string) []string {
	command := append([]string{"cargo"}, subcommand...)
	if !selectionOf(stageNone, args).narrow {
		command = append(command, scopeFlags(c.Settings)...)
	}
	command = append(command, "--locked", "--offline")
	command = append(command, settingFlags(c.Settings)...)
	return append(command, args...)
}

// test compiles the tests apart from running them: only then are cargo's
// messages not mixed with what the tests print.
func test(c config.Check, args []string) []step {
	selecting := args
	if i := slices.Index(args, "--"); i >= 0 {
		selecting = args[:i]
	}
	return []step{
		compile(c, []string{"test", "--no-run"}, withoutFilter(selecting)),
		{verb: "run", args: cargoCommand(c, []string{"test"}, args)},
	}
}

// withoutFilter drops what only says which tests run. --no-fail-fast and
// --doc are refused beside --no-run.
func withoutFilter(args []string) []string {
	return slices.DeleteFunc(slices.Clone(args), func(arg string) bool {
		return arg == "--no-fail-fast" || arg == "--doc"
	})
}

func tarpaulin(c config.Check) []step {
	args := []string{
		"cargo", "tarpaulin", "--engine", "llvm", "--skip-clean", "--implicit-test-threads",
		"--output-dir", OutDir,
	}
	args = append(append(args, scopeFlags(c.Settings)...), "--locked", "--offline")
	args = append(args, settingFlags(c.Settings)...)
	// The report is read from the Cobertura file, whatever else is wanted.
	for _, format := range append([]string{"Xml"}, c.Formats...) {
		if !slices.Contains(args, format) {
			args = append(args, "--out", format)
		}
	}
	if c.FailUnder > 0 {
		args = append(args, "--fail-under", strconv.FormatFloat(c.FailUnder, 'f', -1, 64))
	}
	return []step{{verb: "coverage", args: append(args, c.Args...)}}
}
