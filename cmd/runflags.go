package cmd

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cranekit/cranekit/cmd/project"
)

// runFlags are the flags for configuration keys of a run. Their values are
// read by the loader, under the same names.
func runFlags(flags *pflag.FlagSet) {
	flags.String("builder", "auto", "`builder` to run on: auto, embedded, docker, container, a name or an address; several with commas between (docs/builders.md)")
	flags.StringArray("cache", nil, "shared `cache` in place of those of crane.yaml, as buildx takes it: type=registry,ref=HOST/NAME; may be repeated")
	flags.Bool("cache-isolation", true, "in CI, keep what changes write to caches apart (docs/caches.md)")
	flags.Bool("cache-read-only", false, "import from caches, export to none")
	flags.Bool("cache-required", false, "end with exit code 75 when a cache cannot be read or written")
	flags.String("output", "result", "`directory` for results")
	flags.String("progress", "auto", "progress display: auto, tty, plain, full, json or quiet")
	flags.Int("jobs", 0, "checks at once, 0 for all")
	flags.Bool("fail-fast", false, "stop the other checks when one is red")
	flags.Bool("deny-rebuild", false, "make a check red that compiles a dependency")
}

func (a *app) completeRunFlags(c *cobra.Command) {
	cobra.CheckErr(c.RegisterFlagCompletionFunc("builder", a.completeBuilders))
	cobra.CheckErr(c.RegisterFlagCompletionFunc("progress", cobra.FixedCompletions([]string{"auto", "tty", "plain", "full", "json", "quiet"}, cobra.ShellCompDirectiveNoFileComp)))
	cobra.CheckErr(c.MarkFlagDirname("output"))
}

// completeChecks completes names of checks.
func (a *app) completeChecks(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	cfg, err := a.load(c.Context(), c.Flags())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return project.Names(cfg.Checks), cobra.ShellCompDirectiveNoFileComp
}
