package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cranekit/cranekit/cmd/doctor"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
)

func (a *app) doctorCommand() *cobra.Command {
	format := "text"
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check what a run needs, and tell how to fix what is missing",
		Long: `Look at everything that a run needs before it can start: configuration,
workspace and lock, git, output directory, toolchain, crate registry with proxy
and certificates, builder, its container runtime and its disk. Each is ok, warn
or fail, with a line that tells how to fix it. The embedded builder is started to see
whether it answers, and ends by itself a minute later.

The exit code is 1 if anything fails: a configuration with mistakes, an OCI
layout that cannot be read, a builder that does not answer. A run would end with
2 or 75 for these. It is 0 if nothing fails, warnings or not, and 2 for wrong
arguments.`,
		Example: `  cranekit doctor
  cranekit doctor --builder tcp://buildkit.example:1234
  cranekit doctor --format json | jq '.findings[] | select(.status != "ok")'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if format != "text" && format != "json" {
				return project.Usage(fmt.Errorf("--format %s: want text or json", format))
			}
			return a.doctor(c.Context(), c.Flags(), format)
		},
	}
	c.Flags().StringVar(&format, "format", format, "output format: text or json")
	c.Flags().String("builder", "auto", "`builder` to look at, as in check")
	c.Flags().String("output", "result", "`directory` for results")
	cobra.CheckErr(c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp)))
	cobra.CheckErr(c.RegisterFlagCompletionFunc("builder", a.completeBuilders))
	cobra.CheckErr(c.MarkFlagDirname("output"))
	return c
}

func (a *app) doctor(ctx context.Context, flags *pflag.FlagSet, format string) error {
	d := &doctor.Doctor{}
	if format == "text" {
		d.Show = func(f doctor.Finding) { showFinding(a.out, f) }
	}
	cfg, err := a.load(ctx, flags)
	var problems *config.Error
	switch {
	case errors.As(err, &problems):
		d.Mistakes("configuration", problems)
	case err != nil:
		return err
	default:
		d.Config = cfg
		d.Choices = project.BuilderChoices(cfg)
		d.TrustLine = a.trustLine
		d.Examine(ctx)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if format == "json" {
		encoder := json.NewEncoder(a.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(map[string]any{"version": 1, "ok": !d.Ill(), "findings": d.Findings}); err != nil {
			return err
		}
	}
	if d.Ill() {
		return &exitError{exitRed}
	}
	return nil
}

// showFinding prints a finding in one line, and its fix in another.
func showFinding(w io.Writer, f doctor.Finding) {
	const indent = "\n                     "
	fmt.Fprintf(w, "%-4s  %-13s  %s\n", f.Status, f.Name, strings.ReplaceAll(f.Message, "\n", indent))
	if f.Fix != "" {
		fmt.Fprintf(w, "                     → %s\n", f.Fix)
	}
}
