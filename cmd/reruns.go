package cmd

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
)

// rerunAll stands for --rerun without names.
const rerunAll = "*"

func (a *app) rerunFlag(c *cobra.Command, patterns *[]string) {
	c.Flags().StringSliceVar(patterns, "rerun", nil, "run checks though nothing has changed: all as --rerun, some as --rerun=`NAME|GLOB`,…; what they stand on is not made again")
	c.Flags().Lookup("rerun").NoOptDefVal = rerunAll
	cobra.CheckErr(c.RegisterFlagCompletionFunc("rerun", a.completeChecks))
}

// reruns are the selected checks that are to run though nothing has changed:
// those that the patterns name, and those that never hold.
func reruns(checks []config.Check, selected, patterns []string) ([]string, error) {
	var named []string
	if len(patterns) > 0 {
		var err error
		if named, _, err = project.Select(checks, patterns, nil); err != nil {
			return nil, fmt.Errorf("--rerun: %w", err)
		}
	}
	var again []string
	for _, c := range checks {
		if slices.Contains(selected, c.Name) && (!c.Cache || slices.Contains(named, c.Name)) {
			again = append(again, c.Name)
		}
	}
	return again, nil
}
