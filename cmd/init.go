package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/cmd/scaffold"
	"github.com/cranekit/cranekit/config"
)

// initOptions are the flags of cranekit init.
type initOptions struct {
	ci     []string
	force  bool
	stdout bool
	// trust is what a crane.yaml that is there asks for.
	trust []config.Trust
}

func (a *app) initCommand() *cobra.Command {
	o := initOptions{}
	c := &cobra.Command{
		Use:   "init",
		Short: "Write a crane.yaml for this workspace, and pipelines for CI",
		Long: `Write a commented crane.yaml beside the root Cargo.toml, with what the manifests
and Cargo.lock tell: system packages that crates need, how crates are fetched,
which checks make sense. With --ci, a pipeline that runs cranekit check is
written too, in the repository's root.

Existing files are never overwritten without --force. cranekit
needs no crane.yaml: without one it runs clippy, package and tarpaulin.`,
		Example: `  cranekit init                        # crane.yaml
  cranekit init --stdout               # only look
  cranekit init --ci github --ci gitlab`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.init(c.Context(), o) },
	}
	c.Flags().StringSliceVar(&o.ci, "ci", nil, "write a pipeline for `SYSTEM` too: "+strings.Join(scaffold.Systems(), ", ")+"; may be repeated")
	c.Flags().BoolVar(&o.force, "force", false, "overwrite files that are there")
	c.Flags().BoolVar(&o.stdout, "stdout", false, "print the files instead of writing them")
	cobra.CheckErr(c.RegisterFlagCompletionFunc("ci", cobra.FixedCompletions(scaffold.Systems(), cobra.ShellCompDirectiveNoFileComp)))
	return c
}

func (a *app) init(ctx context.Context, o initOptions) error {
	if a.global.file != "" || len(a.global.set) > 0 {
		return project.Usage(errors.New("init writes crane.yaml beside Cargo.toml; --config and --set do not apply"))
	}
	dir, err := a.directory()
	if err != nil {
		return err
	}
	o.trust = a.wanted(ctx)
	files, facts, err := initFiles(ctx, dir, o)
	if err != nil {
		return err
	}
	if o.stdout {
		return a.showFiles(files)
	}
	return a.writeFiles(files, facts, o)
}

// directory is the working directory of the command, absolute.
func (a *app) directory() (string, error) {
	dir, err := filepath.Abs(a.global.dir)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", project.Usage(fmt.Errorf("-C %s: no such directory", a.global.dir))
	}
	return dir, nil
}

// wanted returns the demands of an existing crane.yaml, none if it cannot be
// read.
func (a *app) wanted(ctx context.Context) []config.Trust {
	cfg, err := a.load(ctx, nil)
	if err != nil {
		return nil
	}
	var wanted []config.Trust
	for _, d := range cfg.Demands {
		wanted = append(wanted, d.Trust)
	}
	return wanted
}

func (a *app) nextSteps(facts scaffold.Facts, o initOptions) error {
	var text strings.Builder
	if len(facts.System) > 0 {
		names := make([]string, len(facts.System))
		for i, need := range facts.System {
			names[i] = need.Package
		}
		fmt.Fprintf(&text, "system packages for crates in Cargo.lock: %s\n", strings.Join(names, " "))
	}
	if len(facts.Unknown) > 0 {
		fmt.Fprintf(&text, "may need system packages too: %s\n", strings.Join(facts.Unknown, " "))
	}
	fmt.Fprint(&text, "\nNext:\n  cranekit doctor     # does this machine have what a run needs?\n"+
		"  cranekit plan       # the graph and its commands\n  cranekit check      # run the checks\n")
	if facts.SSH {
		fmt.Fprint(&text, "crane.yaml asks for your ssh agent: cranekit trust ssh allows that.\n")
	}
	if len(o.ci) > 0 && len(o.trust) > 0 {
		fmt.Fprintf(&text, "The pipeline trusts this repository with %s, for crane.yaml asks for that. Take it out unless you agree: docs/security.md.\n", project.TrustList(o.trust))
	}
	if len(o.ci) > 0 {
		fmt.Fprint(&text, "The pipeline compiles cranekit with Go: there is no release to download yet. Read its comments, then commit it.\n")
	}
	_, err := fmt.Fprint(a.out, text.String())
	return err
}
