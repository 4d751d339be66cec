package llb

import (
	"slices"
	"strconv"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// command is a command of a check.
type command struct {
	// verb is the function of scripts/check.sh that runs it.
	verb string
	// program is what is run, such as cargo and a subcommand; own are the
	// arguments that cranekit passes.
	program, own []string
	// given are the arguments that the configuration has for it, below key; ""
	// if another command of the check answers for them.
	key   string
	given []string
	// deps is the stage whose dependencies it finds compiled, [stageNone] if it
	// selects none.
	deps stage
	// asked is the cargo command that compiles the same, where this one cannot
	// be asked why it compiles.
	asked []string
}

// subcommand is the name by which [cargo.ParseArgs] knows what a command takes.
func (c command) subcommand() string { return c.program[len(c.program)-1] }

// arguments are those of the command: cranekit's own come before the user's,
// whose -- may end them. What is there already is not said twice, which cargo
// would refuse; what cannot be there twice is in the list of repeats.
func (c command) arguments() ([]string, []cargo.Repeat) {
	if len(c.own) == 0 && len(c.given) == 0 {
		return nil, nil
	}
	sum, repeats := cargo.ParseArgs(c.subcommand(), c.own).With(cargo.ParseArgs(c.subcommand(), c.given))
	return sum.Words(), repeats
}

// words are the program and its arguments.
func (c command) words() []string {
	arguments, _ := c.arguments()
	return append(slices.Clone(c.program), arguments...)
}

// usualFlags are those of every cargo command of a check: its packages, unless the
// arguments choose others, and its settings.
func usualFlags(c config.Check, subcommand string, given []string) []string {
	scope := selectionOf(stageNone, c.Settings, cargo.ParseArgs(subcommand, given)).scope(c.Settings)
	return slices.Concat(scope, []string{"--locked", "--offline"}, settingFlags(c.Settings))
}

// cargoCommand is a cargo command with the usual flags.
func cargoCommand(c config.Check, verb string, given []string, subcommand string, own ...string) command {
	return command{verb: verb, program: []string{"cargo", subcommand}, own: append(own, usualFlags(c, subcommand, given)...), given: given}
}

// compile is a cargo command whose messages are kept. The script asks for them.
func compile(c config.Check, deps stage, key string, given []string, subcommand string, own ...string) command {
	args := cargo.ParseArgs(subcommand, given)
	args.Items = slices.DeleteFunc(args.Items, func(arg cargo.Arg) bool {
		return arg.Name == "--message-format" && slices.Equal(arg.Values, []string{"json"})
	})
	compiling := cargoCommand(c, "compile", args.Words(), subcommand, own...)
	compiling.deps, compiling.key = deps, key
	return compiling
}

// tests compiles the tests apart from running them: only then are cargo's
// messages not mixed with what the tests print.
func tests(c config.Check, key string, given []string) []command {
	args := cargo.ParseArgs("test", given)
	selecting := args
	selecting.After = nil
	// These only say which tests run; --no-run does not go with them.
	commands := []command{compile(c, stageTest, key, selecting.Without("--no-fail-fast", "--doc").Words(), "test", "--no-run")}
	if args.Has("--no-run") {
		return commands
	}
	return append(commands, cargoCommand(c, "run", args.Without("--message-format").Words(), "test"))
}

// docTests compiles what documentation tests use by listing them: cargo has no
// --no-run for them.
func docTests(c config.Check, key string, given []string) []command {
	args := cargo.ParseArgs("test", given)
	listing := args.Without("--no-fail-fast")
	listing.After = []string{"--", "--list"}
	return []command{
		compile(c, stageTest, key, listing.Words(), "test", "--doc", "--quiet"),
		cargoCommand(c, "run", args.Without("--message-format").Words(), "test", "--doc"),
	}
}

func tarpaulin(c config.Check) []command {
	own := append([]string{"--engine", "llvm", "--skip-clean", "--implicit-test-threads", "--output-dir", OutDir}, usualFlags(c, "tarpaulin", c.Args)...)
	// The report is read from the Cobertura file, whatever else is wanted.
	for _, format := range append([]string{"Xml"}, c.Formats...) {
		if !slices.Contains(own, format) {
			own = append(own, "--out", format)
		}
	}
	if c.FailUnder > 0 {
		own = append(own, "--fail-under", strconv.FormatFloat(c.FailUnder, 'f', -1, 64))
	}
	return []command{{
		verb: "coverage", program: []string{"cargo", "tarpaulin"}, own: own, key: "args", given: c.Args, deps: stageTest,
		asked: append(cargoCommand(c, "", nil, "test", "--no-run").words(), "--tests"),
	}}
}

// uses are the cargo commands of a check that select dependencies.
func (k kind) uses(c config.Check) []use {
	var uses []use
	for _, command := range k.commands(c) {
		if command.deps != stageNone {
			uses = append(uses, use{command.deps, selectionOf(command.deps, c.Settings, cargo.ParseArgs(command.subcommand(), command.given))})
		}
	}
	return uses
}

// layering are the commands of a check that compile members for it, none where
// layers would be of no use.
func (k kind) layering(c config.Check) []string {
	if !k.layers {
		return nil
	}
	var lines []string
	for _, command := range k.commands(c) {
		if command.verb == "compile" {
			lines = append(lines, CommandLine(command.words()))
		}
	}
	return lines
}

// explaining are the cargo commands of a check that compile, in a form that
// takes further flags at its end and goes on after an error where cargo can.
func (k kind) explaining(c config.Check) []string {
	var lines []string
	for _, command := range k.commands(c) {
		words := command.asked
		if words == nil && command.verb == "compile" {
			words = command.words()
		}
		if words == nil {
			continue
		}
		given := cargo.ParseArgs(words[1], words[2:]).Without("--quiet", "--keep-going")
		given.After = nil
		args := given.Words()
		if words[1] != "test" { // Which has no --keep-going.
			args = append(args, "--keep-going")
		}
		lines = append(lines, CommandLine(append([]string{"cargo", words[1]}, args...)))
	}
	return lines
}
