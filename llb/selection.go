package llb

import (
	"slices"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
)

// selection is the part of cargo arguments that decides which dependencies are
// compiled and with which features.
type selection struct {
	// packages are --package and --exclude with their values.
	packages []string
	// features are the feature flags among the arguments.
	features []string
	// dev is set if targets with dev-dependencies are selected.
	dev bool
	// narrow is set if the arguments choose packages in place of the settings,
	// everything that they choose all of them.
	narrow, everything bool
}

func defaultSelection(st stage) selection {
	return selection{dev: st != stageBuild}
}

func (sel selection) equal(other selection) bool {
	return slices.Equal(sel.packages, other.packages) && slices.Equal(sel.features, other.features) &&
		sel.dev == other.dev && sel.narrow == other.narrow
}

// flags renders the selection for a cargo command on the skeleton.
func (sel selection) flags(st stage, s config.Settings) []string {
	var flags []string
	switch {
	case st == stageTest:
		flags = append(flags, "--no-run")
	case sel.dev:
		flags = append(flags, "--all-targets")
	}
	if scope := sel.scope(s); scope != nil {
		flags = append(flags, scope...)
	} else if sel.everything {
		flags = append(flags, "--workspace")
	}
	return append(append(flags, sel.packages...), sel.features...)
}

// scope are the packages that the settings select, nil where the arguments
// choose others.
func (sel selection) scope(s config.Settings) []string {
	if sel.narrow {
		return nil
	}
	return scopeFlags(s)
}

// selectionOf reads the selection from the arguments of a cargo command up to
// its --. Names of single targets are not part of it: a dummy has none of the
// member's targets, and whether dev-dependencies count is all that they decide.
func selectionOf(st stage, s config.Settings, args cargo.Args) selection {
	sel := selection{dev: st == stageTest, everything: args.Has("--workspace") || args.Has("--all")}
	for _, arg := range args.Items {
		switch arg.Name {
		case "--package":
			// Cargo passes over these beside --workspace.
			if !sel.everything {
				sel.packages = append(sel.packages, valued("--package", arg.Values)...)
				sel.narrow = true
			}
		case "--exclude":
			sel.packages = append(sel.packages, valued("--exclude", arg.Values)...)
		case "--features":
			sel.features = append(sel.features, valued("--features", arg.Values)...)
		case "--all-features", "--no-default-features":
			// What the settings have is not said twice.
			if arg.Name == "--all-features" && !s.AllFeatures || arg.Name == "--no-default-features" && !s.NoDefaultFeatures {
				sel.features = append(sel.features, arg.Name)
			}
		case "--all-targets", "--tests", "--test", "--benches", "--bench", "--examples", "--example":
			sel.dev = true
		}
	}
	// Of some packages the arguments make all.
	sel.narrow = sel.narrow || sel.everything && len(s.Packages) > 0
	return sel
}

// valued repeats a flag for each of its values.
func valued(flag string, values []string) []string {
	var words []string
	for _, value := range values {
		words = append(words, flag, value)
	}
	return words
}
