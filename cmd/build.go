package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

func (a *app) buildCommand() *cobra.Command {
	o := publishOptions{}
	var rerun []string
	c := &cobra.Command{
		Use:   "build",
		Short: "Build and test the package; binaries go to result/bin, or into an image",
		Long: `Run the package checks; their binaries go to result/bin. With --push, --load or
--oci they go into an image as well, when the checks that image.requires names,
all by default, are green (docs/publish.md).`,
		Example: `  cranekit build
  cranekit build --output dist         # binaries to dist/bin
  cranekit build --push registry.example/app:1.2
  cranekit build --load --oci app.oci`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := a.load(c.Context(), c.Flags())
			if err != nil {
				return err
			}
			return a.runEach(c.Context(), cfg, func(_ context.Context, cfg *config.Config) error { return a.build(c, cfg, o, rerun) })
		},
	}
	runFlags(c.Flags())
	o.flags(c.Flags())
	a.rerunFlag(c, &rerun)
	a.completeRunFlags(c)
	cobra.CheckErr(c.MarkFlagDirname("oci"))
	cobra.CheckErr(c.MarkFlagFilename("sign", "key"))
	for _, name := range []string{"push", "load"} {
		cobra.CheckErr(c.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions))
	}
	return c
}

// build runs the package checks of the configuration, or the built-in one
// where there is none, and gathers their binaries.
func (a *app) build(c *cobra.Command, cfg *config.Config, o publishOptions, rerun []string) error {
	if !o.asked() {
		if o.sign != "" {
			return usageError{errors.New("--sign needs --push: a signature is put beside an image in a registry")}
		}
		cfg.Checks = packageChecks(cfg)
		return a.run(c.Context(), cfg, checkOptions{rerun: rerun, gather: func() error { return a.gather(cfg, cfg.Checks) }})
	}
	if err := a.permit(cfg, nil); err != nil {
		return err
	}
	p, err := a.publication(c.Context(), cfg, o)
	if err != nil {
		return err
	}
	if cfg.Progress != "quiet" && cfg.Progress != "json" {
		fmt.Fprintln(a.err, p.requirement(cfg))
	}
	err = a.run(c.Context(), cfg, checkOptions{patterns: p.required, rerun: rerun, publication: p, gather: func() error { return a.gather(cfg, p.checks) }})
	for _, line := range p.told {
		fmt.Fprintln(a.out, line)
	}
	return err
}

// packageChecks are the package checks of the configuration. Where it has none
// it gets the built-in one.
func packageChecks(cfg *config.Config) []config.Check {
	var packages []config.Check
	for _, check := range cfg.Checks {
		if llb.Programs(check.Kind) {
			packages = append(packages, check)
		}
	}
	if len(packages) == 0 {
		packages = []config.Check{{Name: "package", Kind: "package", Tests: true, Settings: cfg.Common, Cache: true}}
		cfg.Checks = append(cfg.Checks, packages...)
	}
	return packages
}

// requirement tells which checks run for an image, and why these.
func (p *publication) requirement(cfg *config.Config) string {
	why := "image.requires names them"
	switch {
	case cfg.Origins["image.requires"] == "default":
		why = "all, unless image.requires names some"
	case len(p.required) == len(p.checks):
		why = "image.requires names no other"
	}
	return fmt.Sprintf("image: published if these are green: %s (%s)", strings.Join(p.required, ", "), why)
}

// regather is how a run of another command keeps what build gathered up to date:
// it removes that and makes it again. Nil where there is nothing, or no package
// check among the selected.
func (a *app) regather(cfg *config.Config, selected []string) func() error {
	var packages []config.Check
	for _, c := range cfg.Checks {
		if llb.Programs(c.Kind) && slices.Contains(selected, c.Name) {
			packages = append(packages, c)
		}
	}
	for _, kind := range []string{"bin", "lib"} {
		if _, err := os.Lstat(filepath.Join(cfg.Output, kind)); err == nil && len(packages) > 0 {
			return func() error { return a.gather(cfg, packages) }
		}
	}
	return nil
}

// gather copies the binaries and libraries of package checks to bin and lib of
// the output, those of a leg of the matrix to a directory of its own, as their
// names are the same.
func (a *app) gather(cfg *config.Config, packages []config.Check) error {
	for _, kind := range []string{"bin", "lib"} {
		to := filepath.Join(cfg.Output, kind)
		if err := os.RemoveAll(to); err != nil {
			return fmt.Errorf("replacing %s: %w", to, err)
		}
		for _, check := range packages {
			from := filepath.Join(cfg.Output, check.Name, kind)
			err := os.CopyFS(filepath.Join(to, check.Leg), os.DirFS(from))
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
