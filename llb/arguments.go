package llb

import (
	"strings"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// ArgumentProblems finds arguments of checks that cargo would refuse only after
// all dependencies were compiled: flags that cranekit already passes with another
// value, and formats that it could not read.
func ArgumentProblems(cfg *config.Config, checks []config.Check) []config.Problem {
	var problems []config.Problem
	for _, c := range checks {
		c.Tests = true // what is wrong is so whether tests run today or not
		for _, command := range kinds[c.Kind].commands(c) {
			if command.key == "" {
				continue
			}
			_, repeats := command.arguments()
			for _, r := range repeats {
				problems = append(problems, cfg.Problem(c, command.key, repeated(r)))
			}
			for _, arg := range cargo.ParseArgs(command.subcommand(), command.given).Items {
				if arg.Name == "--message-format" && command.verb == "compile" && unreadable(arg.Values) {
					problems = append(problems, cfg.Problem(c, command.key, config.Fault{
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
