package llb

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// step is one command of a check. The verb is a function of scripts/check.sh.
type step struct {
	verb string
	args []string
}

// cargoCommand puts a cargo command together: the flags of the settings come
// before the user's, whose -- may end them. What is there already is not said
// twice, which cargo would refuse.
func cargoCommand(c config.Check, subcommand, args []string) []string {
	words, _ := cargoArgs(c, subcommand, args)
	return append([]string{"cargo", subcommand[0]}, words...)
}

func cargoArgs(c config.Check, subcommand, args []string) ([]string, []cargo.Repeat) {
	given := cargo.ParseArgs(subcommand[0], args)
	own := slices.Clone(subcommand[1:])
	own = append(own, selectionOf(stageNone, c.Settings, given).scope(c.Settings)...)
	own = append(own, "--locked", "--offline")
	own = append(own, settingFlags(c.Settings)...)
	sum, repeats := cargo.ParseArgs(subcommand[0], own).With(given)
	return sum.Words(), repeats
}

// compile is a cargo command whose messages are kept. The script asks for them.
func compile(c config.Check, subcommand, args []string) step {
	return step{verb: "compile", args: cargoCommand(c, subcommand, withoutJSON(subcommand[0], args))}
}

// withoutJSON drops the format that the script asks for.
func withoutJSON(subcommand string, args []string) []string {
	given := cargo.ParseArgs(subcommand, args)
	given.Items = slices.DeleteFunc(given.Items, func(arg cargo.Arg) bool {
		return arg.Name == "--message-format" && slices.Equal(arg.Values, []string{"json"})
	})
	return given.Words()
}

// test compiles the tests apart from running them: only then are cargo's
// messages not mixed with what the tests print.
func test(c config.Check, args []string) []step {
	given := cargo.ParseArgs("test", args)
	selecting := given
	selecting.After = nil
	// These only say which tests run; --no-run does not go with them.
	steps := []step{compile(c, []string{"test", "--no-run"}, selecting.Without("--no-fail-fast", "--doc").Words())}
	if given.Has("--no-run") {
		return steps
	}
	return append(steps, step{verb: "run", args: cargoCommand(c, []string{"test"}, given.Without("--message-format").Words())})
}

// format are the arguments of cargo fmt.
func format(c config.Check) ([]string, []cargo.Repeat) {
	sum, repeats := cargo.ParseArgs("fmt", []string{"--all", "--check"}).With(cargo.ParseArgs("fmt", c.Args))
	return append([]string{"cargo", "fmt"}, sum.Words()...), repeats
}

func tarpaulin(c config.Check) []step {
	words, _ := tarpaulinArgs(c)
	return []step{{verb: "coverage", args: append([]string{"cargo", "tarpaulin"}, words...)}}
}

func tarpaulinArgs(c config.Check) ([]string, []cargo.Repeat) {
	given := cargo.ParseArgs("tarpaulin", c.Args)
	own := []string{"--engine", "llvm", "--skip-clean", "--implicit-test-threads", "--output-dir", OutDir}
	own = append(own, selectionOf(stageTest, c.Settings, given).scope(c.Settings)...)
	own = append(own, "--locked", "--offline")
	own = append(own, settingFlags(c.Settings)...)
	// The report is read from the Cobertura file, whatever else is wanted.
	for _, format := range append([]string{"Xml"}, c.Formats...) {
		if !slices.Contains(own, format) {
			own = append(own, "--out", format)
		}
	}
	if c.FailUnder > 0 {
		own = append(own, "--fail-under", strconv.FormatFloat(c.FailUnder, 'f', -1, 64))
	}
	sum, repeats := cargo.ParseArgs("tarpaulin", own).With(given)
	return sum.Words(), repeats
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
		given := cargo.ParseArgs(args[1], args[2:]).Without("--quiet", "--keep-going")
		given.After = nil
		words := given.Words()
		if !given.Has("--no-run") {
			words = append(words, "--keep-going")
		}
		lines = append(lines, CommandLine(append([]string{"cargo", args[1]}, words...)))
	}
	return lines
}

// ArgumentProblems finds arguments of checks that cargo would refuse only after
// all dependencies were compiled: flags that cranekit already passes with another
// value, and formats that it could not read.
func ArgumentProblems(cfg *config.Config, checks []config.Check) []config.Problem {
	var problems []config.Problem
	for _, c := range checks {
		for _, args := range kinds[c.Kind].arguments(c) {
			for _, r := range args.repeats {
				problems = append(problems, cfg.Problem(c, args.key, repeated(r)))
			}
			for _, arg := range cargo.ParseArgs(args.subcommand, args.given).Items {
				if arg.Name == "--message-format" && args.messages && unreadable(arg.Values) {
					problems = append(problems, cfg.Problem(c, args.key, config.Fault{
						Message: CommandLine(arg.Words) + " takes the place of the messages that cranekit reads", Hint: "leave it out",
					}))
				}
			}
		}
	}
	return problems
}

// repeated says what is wrong with a flag that is there twice.
func repeated(r cargo.Repeat) config.Fault {
	f := config.Fault{Message: CommandLine(r.Words) + " does not go with " + CommandLine(r.Own) + ", which is there already", Hint: "leave one of them out"}
	if key, ok := map[string]string{"--profile": "profile", "--target": "target", "--fail-under": "fail-under"}[r.Name]; ok {
		f.Hint = "write " + key + ": in place of it, so that dependencies are compiled in the same way"
	}
	return f
}

// unreadable reports whether cargo would print something else than messages.
func unreadable(formats []string) bool {
	for _, format := range formats {
		for one := range strings.SplitSeq(format, ",") {
			if one == "human" || one == "short" || one == "json-render-diagnostics" {
				return true
			}
		}
	}
	return false
}

// arguments are those that the configuration gives to one command.
type arguments struct {
	key, subcommand string
	given           []string
	repeats         []cargo.Repeat
	// messages is set if cranekit reads cargo's messages.
	messages bool
}

// arguments are all that a check's configuration gives to commands.
func (k kind) arguments(c config.Check) []arguments {
	of := func(key string, subcommand, args []string) arguments {
		_, repeats := cargoArgs(c, subcommand, args)
		return arguments{key, subcommand[0], args, repeats, true}
	}
	switch c.Kind {
	case "package":
		return []arguments{of("args", []string{"build"}, c.Args), of("test-args", []string{"test"}, c.TestArgs)}
	case "fmt":
		_, repeats := format(c)
		return []arguments{{"args", "fmt", c.Args, repeats, false}}
	case "tarpaulin":
		_, repeats := tarpaulinArgs(c)
		return []arguments{{"args", "tarpaulin", c.Args, repeats, false}}
	case "custom":
		return nil
	default:
		return []arguments{of("args", []string{c.Kind}, c.Args)}
	}
}
