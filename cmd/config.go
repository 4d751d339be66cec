package cmd

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Show the effective configuration and where each value comes from",
		Example: `  cranekit config
  cranekit config --set common.profile=dev | grep profile
  cranekit config schema > crane.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := a.load(c.Context(), c.Flags())
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "KEY\tVALUE\tORIGIN")
			for _, entry := range cfg.Effective() {
				fmt.Fprintf(table, "%s\t%s\t%s\n", entry.Key, entry.Value, entry.Origin)
			}
			return table.Flush()
		},
	}
	c.AddCommand(a.schemaCommand())
	return c
}
