package cmd

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/docker/go-units"
	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/cmd/report"
)

func (a *app) cacheCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "cache",
		Short: "List shared caches; show and prune what the builder has cached",
		Long: `List the shared caches, the key cache of crane.yaml, and show and prune what the
builder in use keeps on its own disk. Pruning touches no shared cache.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	du := &cobra.Command{
		Use: "du", Short: "Show what takes how much space", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.withClient(c, a.cacheUsage) },
	}
	keep, all := "", false
	prune := &cobra.Command{
		Use: "prune", Short: "Remove what is not in use", Args: cobra.NoArgs,
		Example: "  cranekit cache prune --keep-storage 10GB",
		RunE: func(c *cobra.Command, _ []string) error {
			limit := int64(0)
			if keep != "" {
				var err error
				if limit, err = units.FromHumanSize(keep); err != nil || limit < 0 {
					return project.Usage(fmt.Errorf("--keep-storage %s is not a size (write 500MB or 10GB)", keep))
				}
			}
			return a.withClient(c, func(ctx context.Context, bk *builder.Client) error { return a.cachePrune(ctx, bk, limit, all) })
		},
	}
	prune.Flags().StringVar(&keep, "keep-storage", "", "keep up to this `size`, current dependencies first: 500MB, 10GB")
	prune.Flags().BoolVar(&all, "all", false, "remove BuildKit's own records too")
	for _, sub := range []*cobra.Command{du, prune} {
		sub.Flags().String("builder", "auto", "`builder` to ask, as for check")
	}
	c.AddCommand(a.cacheListCommand(), du, prune)
	return c
}

// withClient calls f with a client of the builder that a run would use, or of
// each of several.
func (a *app) withClient(c *cobra.Command, f func(context.Context, *builder.Client) error) error {
	cfg, err := a.load(c.Context(), c.Flags())
	if err != nil {
		return err
	}
	if err := a.permitSome(cfg, nil, project.AboutBuilder); err != nil {
		return err
	}
	choices := project.BuilderChoices(cfg)
	for _, choice := range choices {
		if len(choices) > 1 {
			fmt.Fprintf(a.out, "builder %s\n", choice.Spec)
		}
		if err := withBuilder(c.Context(), choice, f); err != nil {
			return err
		}
	}
	return nil
}

func withBuilder(ctx context.Context, choice builder.Choice, f func(context.Context, *builder.Client) error) error {
	b, _, err := builder.Select(ctx, choice)
	if err != nil {
		return project.Usage(err)
	}
	defer b.Close()
	bk, err := b.Client(ctx)
	if err != nil {
		return err
	}
	defer bk.Close()
	return f(ctx, bk)
}

// cacheUsage prints a line per type of record, the largest first.
func (a *app) cacheUsage(ctx context.Context, bk *builder.Client) error {
	records, err := bk.DiskUsage(ctx)
	if err != nil {
		return fmt.Errorf("asking the builder for its cache: %w", err)
	}
	type row struct {
		kind        string
		count       int
		size, inUse int64
	}
	rows, total := map[string]*row{}, row{kind: "all"}
	for _, r := range records {
		kind := cmp.Or(string(r.RecordType), "other")
		if rows[kind] == nil {
			rows[kind] = &row{kind: kind}
		}
		for _, sum := range []*row{rows[kind], &total} {
			sum.count++
			sum.size += r.Size
			if r.InUse {
				sum.inUse += r.Size
			}
		}
	}
	sorted := make([]row, 0, len(rows)+1)
	for _, r := range rows {
		sorted = append(sorted, *r)
	}
	slices.SortFunc(sorted, func(a, b row) int { return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.kind, b.kind)) })
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TYPE\tRECORDS\tSIZE\tIN USE")
	for _, r := range append(sorted, total) {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\n", r.kind, r.count, units.HumanSize(float64(r.size)), units.HumanSize(float64(r.inUse)))
	}
	return w.Flush()
}

// cachePrune removes what is not in use until no more than limit bytes are
// left.
func (a *app) cachePrune(ctx context.Context, bk *builder.Client, limit int64, all bool) error {
	removed, err := builder.Prune(ctx, bk, limit, all)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "removed %s, %s\n", report.Counted(removed.Records, "record"), units.HumanSize(float64(removed.Bytes)))
	return err
}
