package llb

import (
	"slices"
	"strings"
)

// selection is the part of cargo arguments that decides which dependencies are
// compiled and with which features.
type selection struct {
	// packages are --package and --exclude with their values.
	packages []string
	// features are the feature flags among the arguments.
	features []string
	// dev says that targets with dev-dependencies are selected.
	dev bool
	// narrow says that --workspace does not apply.
	narrow bool
}

func defaultSelection(st stage) selection {
	return selection{dev: st != stageBuild}
}

func (sel selection) equal(other selection) bool {
	return slices.Equal(sel.packages, other.packages) && slices.Equal(sel.features, other.features) &&
		sel.dev == other.dev && sel.narrow == other.narrow
}

// flags renders the selection for a cargo command on the skeleton.
func (sel selection) flags(st stage, scope []string) []string {
	var flags []string
	switch {
	case st == stageTest:
		flags = append(flags, "--no-run")
	case sel.dev:
		flags = append(flags, "--all-targets")
	}
	if !sel.narrow {
		flags = append(flags, scope...)
	}
	return append(append(flags, sel.packages...), sel.features...)
}

// selectionOf reads the selection from the arguments of a cargo command up to
// its --. Names of single targets are not part of it: a dummy has none of the
// member's targets, and whether dev-dependencies count is all that they decide.
func selectionOf(st stage, args []string) selection {
	sel := selection{dev: st == stageTest}
	for i := 0; i < len(args) && args[i] != "--"; i++ {
		flag, value, joined := strings.Cut(args[i], "=")
		takesValue := slices.Contains([]string{"-p", "--package", "--exclude", "-F", "--features"}, flag)
		if takesValue && !joined && i+1 < len(args) {
			i++
			value = args[i]
		}
		switch flag {
		case "-p", "--package":
			sel.packages = append(sel.packages, "--package", value)
			sel.narrow = true
		case "--exclude":
			sel.packages = append(sel.packages, "--exclude", value)
		case "-F", "--features":
			sel.features = append(sel.features, "--features", value)
		case "--all-features", "--no-default-features":
			sel.features = append(sel.features, flag)
		case "--all-targets", "--tests", "--test", "--benches", "--bench", "--examples", "--example":
			sel.dev = true
		}
	}
	return sel
}
