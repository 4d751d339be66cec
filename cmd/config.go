package cmd

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/images"
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
			shown := a.shownToolchain(c.Context(), cfg)
			table := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "KEY\tVALUE\tORIGIN")
			for _, entry := range cfg.Effective() {
				if own, ok := shown[entry.Key]; ok {
					entry = own
				}
				fmt.Fprintf(table, "%s\t%s\t%s\n", entry.Key, entry.Value, entry.Origin)
			}
			return table.Flush()
		},
	}
	c.AddCommand(a.schemaCommand())
	return c
}

// shownToolchain are the image and the channel that a run takes where the
// configuration names none: those of the workspace, if it may be read and can
// be, and else cranekit's own.
func (a *app) shownToolchain(ctx context.Context, cfg *config.Config) map[string]config.Entry {
	shown := map[string]config.Entry{}
	t := cfg.Toolchain
	channel, origin := t.Channel, "default"
	if channel != "" {
		origin = cfg.Origins["toolchain.channel"]
	} else if a.permitSome(cfg, nil, project.AboutGraph) == nil {
		if p, err := project.Open(ctx, cfg); err == nil && p.Workspace.Channel != "" {
			channel, origin = p.Workspace.Channel, "the toolchain file"
			shown["toolchain.channel"] = config.Entry{Key: "toolchain.channel", Value: channel, Origin: origin}
		}
	}
	if t.Image == "" && t.OCILayout == "" && t.Dockerfile == "" {
		shown["toolchain.image"] = config.Entry{Key: "toolchain.image", Value: images.Default(channel), Origin: origin}
	}
	return shown
}
