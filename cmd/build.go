package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/config"
)

func (a *app) buildCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "build",
		Short: "Build and test the package; binaries go to result/bin",
		Example: `  cranekit build
  cranekit build --output dist         # binaries to dist/bin`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := a.load(c.Flags())
			if err != nil {
				return err
			}
			return a.runEach(c.Context(), cfg, func(_ context.Context, cfg *config.Config) error { return a.build(c, cfg) })
		},
	}
	runFlags(c.Flags())
	a.completeRunFlags(c)
	return c
}

// build runs the package checks of the configuration, or the built-in one
// where there is none, and gathers their binaries.
func (a *app) build(c *cobra.Command, cfg *config.Config) error {
	var packages []config.Check
	for _, check := range cfg.Checks {
		if check.Kind == "package" {
			packages = append(packages, check)
		}
	}
	if len(packages) == 0 {
		packages = []config.Check{{Name: "package", Kind: "package", Settings: cfg.Common}}
	}
	cfg.Checks = packages
	if err := a.run(c.Context(), cfg, checkOptions{}); err != nil {
		return err
	}
	return a.gather(cfg)
}

// gather copies what the packages put out to bin and lib of the output.
func (a *app) gather(cfg *config.Config) error {
	for _, kind := range []string{"bin", "lib"} {
		to := filepath.Join(cfg.Output, kind)
		if err := os.RemoveAll(to); err != nil {
			return fmt.Errorf("replacing %s: %w", to, err)
		}
		for _, check := range cfg.Checks {
			from := filepath.Join(cfg.Output, check.Name, kind)
			err := os.CopyFS(to, os.DirFS(from))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return fmt.Errorf("copying binaries to %s: %w", to, err)
			}
			fmt.Fprintf(a.out, "%s in %s\n", map[string]string{"bin": "binaries", "lib": "libraries"}[kind], to)
		}
	}
	return nil
}
