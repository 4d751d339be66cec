package llb

import (
	"slices"

	"github.com/cranekit/cranekit/config"
)

// The files that the script of a check leaves for its report. What stands in
// one of these names after a check that does not leave it was written by the
// check's own commands.
const (
	// MessagesFile has cargo's JSON messages.
	MessagesFile = "messages.json"
	// RebuiltFile is there when the check compiled dependencies.
	RebuiltFile = "rebuilt.txt"
	// CompiledFile names the dependencies that lines of the user compiled.
	CompiledFile = "compiled.txt"
	// CoverageFile is cargo-tarpaulin's report in Cobertura's form.
	CoverageFile = "cobertura.xml"
	// FlakyFile counts how often steps that run tests were repeated before
	// they passed.
	FlakyFile = "flaky.txt"
	// TimeoutFile is there when the check was ended for its time.
	TimeoutFile = "timeout.txt"
	// CompilingFile has what compiling the stages below took.
	CompilingFile = "deps.txt"
	// LogFile is the whole output.
	LogFile = "log.txt"
)

// leaves are the files of the verbs of scripts/check.sh.
func leaves(verb string) []string {
	switch verb {
	case "compile":
		return []string{MessagesFile, RebuiltFile}
	case "coverage":
		return []string{MessagesFile, RebuiltFile, CoverageFile, FlakyFile}
	case "run":
		return []string{FlakyFile}
	case "shell":
		return []string{CompiledFile, FlakyFile}
	}
	return nil
}

// Leaves are the files that the script leaves for the report of a check. It
// runs tests if [FlakyFile] is among them.
func Leaves(c config.Check) []string {
	files := []string{TimeoutFile, CompilingFile, LogFile}
	if k, ok := kinds[c.Kind]; ok {
		for _, command := range k.commands(c) {
			files = append(files, leaves(command.verb)...)
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}
