package cmd

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/cmd/ci"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
)

func (a *app) cacheListCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "ls", Short: "List the shared caches and what a run would do with them", Args: cobra.NoArgs,
		Long: `List the shared caches as a run would use them here and now: with the branch in
their names, and kept apart from one another where it is one of a CI. No cache is asked.`,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := a.load(c.Context(), c.Flags())
			if err != nil {
				return err
			}
			return a.cacheList(c.Context(), cfg, project.Revision(c.Context(), cfg.Workspace, os.Getenv))
		},
	}
	c.Flags().Bool("cache-isolation", true, "in CI, keep what changes write to caches apart, as for check")
	c.Flags().StringArray("cache", nil, "shared `cache` in place of those of crane.yaml, as for check; may be repeated")
	return c
}

func (a *app) cacheList(ctx context.Context, cfg *config.Config, r ci.Run) error {
	list, leftOut, notes := project.Caches(cfg, r, os.Getenv)
	list, own := project.OwnCaches(ctx, cfg, list)
	for _, note := range slices.Concat(leftOut, own, notes) {
		fmt.Fprintln(a.err, "cranekit: "+note)
	}
	if rule := project.IsolationOf(cfg, r).Rule(); rule != "" && len(cfg.Cache) > 0 {
		fmt.Fprintln(a.err, "cranekit: caches: "+rule)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(a.out, "no shared cache in use")
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TYPE\tIMPORT FROM\tEXPORT TO")
	for _, c := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\n", c.Type, cmp.Or(strings.Join(c.Import, ", "), "-"), cmp.Or(c.Export, "-"))
	}
	return w.Flush()
}
