package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/embedded"
	"github.com/cranekit/cranekit/config"
)

// health is how something that a run needs is.
type health string

const (
	healthOK   health = "ok"
	healthWarn health = "warn"
	healthFail health = "fail"
)

// finding is what the doctor says of one thing.
type finding struct {
	Name   string `json:"name"`
	Status health `json:"status"`
	// Message is one line, and Fix the one that mends it, "" when all is well
	// or nothing is known.
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
}

// doctorTimeout bounds each question to a builder or a registry.
const doctorTimeout = 20 * time.Second

// doctorIdle is how long a builder stays that only the doctor started.
const doctorIdle = time.Minute

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
				return usageError{fmt.Errorf("--format %s: want text or json", format)}
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
	d := &doctor{options: a.embeddedOptions()}
	if format == "text" {
		d.show = func(f finding) { showFinding(a.out, f) }
	}
	cfg, err := a.load(ctx, flags)
	var problems *config.Error
	switch {
	case errors.As(err, &problems):
		for _, p := range problems.Problems {
			fix := p.Hint
			p.Hint = ""
			d.report(finding{"configuration", healthFail, p.String(), fix})
		}
	case err != nil:
		return err
	default:
		d.cfg = cfg
		d.choices = a.choices(cfg)
		d.trustLine = a.trustLine
		d.examine(ctx)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if format == "json" {
		encoder := json.NewEncoder(a.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(map[string]any{"version": 1, "ok": !d.ill(), "findings": d.findings}); err != nil {
			return err
		}
	}
	if d.ill() {
		return &exitError{exitRed}
	}
	return nil
}

// showFinding prints a finding in one line, and its fix in another.
func showFinding(w io.Writer, f finding) {
	const indent = "\n                     "
	fmt.Fprintf(w, "%-4s  %-13s  %s\n", f.Status, f.Name, strings.ReplaceAll(f.Message, "\n", indent))
	if f.Fix != "" {
		fmt.Fprintf(w, "                     → %s\n", f.Fix)
	}
}

// doctor looks at one thing after another.
type doctor struct {
	cfg     *config.Config
	project *project // nil if the workspace cannot be read
	options embedded.Options
	// choices are the builders of a run.
	choices []builder.Choice
	// trustLine is the command that trusts the repository.
	trustLine func(list string) string
	show      func(finding)
	findings  []finding
	// machine are the authorities of this machine, nil for what crypto/x509 finds.
	machine []byte
}

func (d *doctor) report(f finding) {
	d.findings = append(d.findings, f)
	if d.show != nil {
		d.show(f)
	}
}

func (d *doctor) ok(name, format string, args ...any) {
	d.report(finding{Name: name, Status: healthOK, Message: fmt.Sprintf(format, args...)})
}

func (d *doctor) warn(name, fix, format string, args ...any) {
	d.report(finding{name, healthWarn, fmt.Sprintf(format, args...), fix})
}

func (d *doctor) fail(name, fix, format string, args ...any) {
	d.report(finding{name, healthFail, fmt.Sprintf(format, args...), fix})
}

// ill reports whether something fails.
func (d *doctor) ill() bool {
	for _, f := range d.findings {
		if f.Status == healthFail {
			return true
		}
	}
	return false
}

// examine looks at everything, what is near first.
func (d *doctor) examine(ctx context.Context) {
	file := "no crane.yaml"
	if d.cfg.File != "" {
		file = shortPath(d.cfg.File)
	}
	d.ok("configuration", "%s; checks: %s", file, strings.Join(names(d.cfg.Checks), ", "))
	// Nothing is read, asked or connected to that a run would refuse.
	d.trust()
	for _, cfg := range d.cfg.Each() {
		d.cfg = cfg
		if !d.refuses(reads) {
			d.look(ctx, d.workspace, d.git)
		}
		if !d.refuses(writes) {
			d.look(ctx, d.output)
		}
	}
	if !d.refuses(reads) {
		d.look(ctx, d.toolchain)
	}
	if !d.refuses(routes) {
		d.look(ctx, d.registry)
	}
	if !d.refuses(reaches) {
		d.look(ctx, d.builders)
	}
}

// look does some examinations, each in limited time.
func (d *doctor) look(ctx context.Context, examinations ...func(context.Context)) {
	for _, examine := range examinations {
		if ctx.Err() == nil {
			within, cancel := context.WithTimeout(ctx, doctorTimeout)
			examine(within)
			cancel()
		}
	}
}
