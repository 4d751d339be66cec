package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/cmd/publish"
	"github.com/cranekit/cranekit/config"
)

func (a *app) buildCommand() *cobra.Command {
	o := publish.Options{}
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
	publishFlags(c.Flags(), &o)
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
func (a *app) build(c *cobra.Command, cfg *config.Config, o publish.Options, rerun []string) error {
	if !o.Asked() {
		if o.Sign != "" {
			return project.Usage(errors.New("--sign needs --push: a signature is put beside an image in a registry"))
		}
		cfg.Checks = project.PackageChecks(cfg)
		return a.run(c.Context(), cfg, checkOptions{rerun: rerun, gather: func() error { return a.gather(cfg, cfg.Checks) }})
	}
	if err := a.permit(cfg, nil); err != nil {
		return err
	}
	o.Dir = a.global.dir
	p, err := publish.Open(c.Context(), cfg, o)
	if err != nil {
		return err
	}
	if cfg.Progress != "quiet" && cfg.Progress != "json" {
		fmt.Fprintln(a.err, p.Requirement(cfg))
	}
	err = a.run(c.Context(), cfg, checkOptions{patterns: p.Required, rerun: rerun, publication: p, gather: func() error { return a.gather(cfg, p.Checks) }})
	for _, line := range p.Told {
		fmt.Fprintln(a.out, line)
	}
	return err
}

// publishFlags are the flags of build that publish.
func publishFlags(flags *pflag.FlagSet, o *publish.Options) {
	flags.StringArrayVar(&o.Push, "push", nil, "push the image to this `reference` once all required checks are green; without a tag it is latest; may be repeated")
	flags.StringVar(&o.Load, "load", "", "load the image into the Docker engine, as --load or --load=`name`")
	flags.Lookup("load").NoOptDefVal = publish.LoadByName
	flags.StringVar(&o.Layout, "oci", "", "write the image to an OCI layout in this `directory`")
	flags.BoolVar(&o.SBOM, "sbom", true, "attach a list of all crates and system packages, as SPDX")
	flags.BoolVar(&o.Provenance, "provenance", true, "attach what the image was made of, as SLSA provenance")
	flags.StringVar(&o.Sign, "sign", "", "sign what is pushed with this private `key` of cosign's, a file or env://NAME; $COSIGN_PASSWORD is its password")
}
