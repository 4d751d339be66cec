package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/cmd/trust"
	"github.com/cranekit/cranekit/config"
)

// trustOptions are the flags of cranekit trust.
type trustOptions struct {
	branch string
	all    bool
	revoke bool
}

func (a *app) trustCommand() *cobra.Command {
	o := trustOptions{}
	c := &cobra.Command{
		Use:   "trust [WHAT[,WHAT]…]",
		Short: "Show what this repository asks for, and trust it with that",
		Long: `A crane.yaml in the repository is as trustworthy as the repository. What it asks
for beyond containers and its own results is refused until you trust the
repository with it (docs/security.md):

` + trustMeanings() + `
Without arguments, list what this repository asks for and what it is trusted
with. With arguments, note in your own configuration (cranekit/trust.yaml) that
the repository in this directory is trusted, for the branch that is checked out.
Runs for a change from a fork do not look there.`,
		Example: `  cranekit trust
  cranekit trust secrets,network
  cranekit trust secrets --all-branches
  cranekit trust --revoke`,
		ValidArgsFunction: completeTrust,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 && !o.revoke {
				if o.branch != "" || o.all {
					return project.Usage(errors.New("say what to trust the repository with, as in cranekit trust secrets"))
				}
				return a.showTrust(c)
			}
			return a.changeTrust(c, args, o)
		},
	}
	c.Flags().StringVar(&o.branch, "branch", "", "trust this `branch` instead of the one that is checked out")
	c.Flags().BoolVar(&o.all, "all-branches", false, "trust all branches")
	c.Flags().BoolVar(&o.revoke, "revoke", false, "take trust back, all of the repository unless WHAT or --branch is given")
	c.MarkFlagsMutuallyExclusive("branch", "all-branches")
	cobra.CheckErr(c.RegisterFlagCompletionFunc("branch", cobra.NoFileCompletions))
	return c
}

// trustMeanings lists what there is to trust a repository with.
func trustMeanings() string {
	var text strings.Builder
	for _, t := range config.Trusts() {
		fmt.Fprintf(&text, "  %-10s %s\n", t, t.Meaning())
	}
	return text.String()
}

// showTrust prints what the repository asks for and what it is trusted with.
func (a *app) showTrust(c *cobra.Command) error {
	cfg, err := a.load(c.Context(), c.Flags())
	if err != nil {
		return err
	}
	at := project.TrustPlace(c.Context(), cfg.Root)
	where := cfg.Root
	switch {
	case at.Branch != "":
		where += ", branch " + at.Branch
	case at.Git:
		where += ", no branch"
	}
	fmt.Fprintf(a.out, "%s\n", where)
	if len(cfg.Demands) == 0 {
		fmt.Fprintln(a.out, "It asks for nothing that needs trust.")
	}
	for _, d := range cfg.Demands {
		mark := "refused"
		switch {
		case cfg.Trusts(d.Trust):
			mark = "trusted"
		case d.Optional:
			mark = "left out"
		}
		fmt.Fprintf(a.out, "  %-8s  %s\n", mark, project.DemandLine(d))
	}
	if len(cfg.Trust) > 0 {
		fmt.Fprintf(a.out, "It is trusted with %s.\n", project.TrustList(cfg.Trust))
	}
	if cfg.Fork {
		fmt.Fprintln(a.out, "This run is for a change from a fork: only --trust and CRANEKIT_TRUST with fork in them count.")
	}
	var wanted []config.Trust
	for _, d := range cfg.Missing(nil) {
		wanted = append(wanted, d.Trust)
	}
	if len(wanted) > 0 && !cfg.Fork {
		fmt.Fprintf(a.out, "To allow it, once for this branch: %s\n", a.trustLine(project.TrustList(wanted)))
	}
	if a.trustNote != "" {
		fmt.Fprintf(a.err, "cranekit: what you have allowed before does not count: %s\n", a.trustNote)
	}
	return nil
}

// changeTrust writes the user's file.
func (a *app) changeTrust(c *cobra.Command, args []string, o trustOptions) error {
	what, err := config.ParseTrust(strings.Join(args, ","))
	if err != nil {
		return project.Usage(err)
	}
	if slices.Contains(what, config.TrustFork) {
		return project.Usage(fmt.Errorf("changes from forks are trusted one run at a time: --trust %s,…, after somebody has read the change", config.TrustFork))
	}
	if len(what) == 0 && !o.revoke {
		return project.Usage(errors.New("say what to trust the repository with, as in cranekit trust secrets"))
	}
	at, err := a.trustPlace(c, o)
	if err != nil {
		return err
	}
	path, err := trust.Path()
	if err != nil {
		return project.Usage(err)
	}
	change := func(entries []trust.Entry) []trust.Entry { return trust.Add(entries, at, what) }
	if o.revoke {
		change = func(entries []trust.Entry) []trust.Entry { return trust.Revoke(entries, at.Repository, o.branch, what) }
	}
	if err := trust.Update(c.Context(), path, at.Repository, change); err != nil {
		return project.Usage(err)
	}
	if o.revoke {
		_, err = fmt.Fprintf(a.out, "revoked for %s, in %s\n", at.Repository, path)
		return err
	}
	// All that holds there now, not only what is new.
	if entries, err := trust.Read(path, at.Repository); err == nil {
		what = trust.Given(entries, at)
	}
	line := "branch " + at.Branch
	if at.Branch == trust.AllBranches {
		line = "all branches"
	}
	_, err = fmt.Fprintf(a.out, "%s is trusted with %s, %s, in %s\n", at.Repository, project.TrustList(what), line, path)
	return err
}

// trustPlace is the repository and branch that an entry is to be about.
func (a *app) trustPlace(c *cobra.Command, o trustOptions) (trust.Place, error) {
	// The entry must name the directory that a run takes for the repository.
	cfg, err := a.load(c.Context(), c.Flags())
	if err != nil {
		return trust.Place{}, err
	}
	root := cfg.Root
	at := project.TrustPlace(c.Context(), root)
	switch {
	case o.revoke:
	case !at.Git && o.branch != "":
		return at, project.Usage(fmt.Errorf("%s is not a git repository and has no branches", root))
	case o.all || !at.Git:
		at.Branch = trust.AllBranches
	case o.branch != "":
		at.Branch = o.branch
	case at.Branch == "":
		return at, project.Usage(errors.New("no branch is checked out: name one with --branch, or say --all-branches"))
	}
	return at, nil
}
