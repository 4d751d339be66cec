package cmd

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// givenTrust is what the flags and the variable trust the repository with.
func (a *app) givenTrust() ([]config.Trust, error) {
	var given []config.Trust
	for _, list := range a.global.trust {
		trusts, err := config.ParseTrust(list)
		if err != nil {
			return nil, project.Usage(fmt.Errorf("--trust: %w", err))
		}
		given = append(given, trusts...)
	}
	trusts, err := config.ParseTrust(os.Getenv(config.TrustVariable))
	if err != nil {
		return nil, project.Usage(fmt.Errorf("%s: %w", config.TrustVariable, err))
	}
	return append(given, trusts...), nil
}

// untrusted is the error of a run that the repository is not trusted enough
// for.
func (a *app) untrusted(cfg *config.Config, missing []config.Demand) error {
	var text strings.Builder
	fmt.Fprint(&text, "the repository is not trusted with what it asks for:\n")
	var trusts []config.Trust
	for _, d := range missing {
		fmt.Fprintf(&text, "  %s\n", project.DemandLine(d))
		trusts = append(trusts, d.Trust)
	}
	list := project.TrustList(trusts)
	if cfg.Fork {
		fmt.Fprintf(&text, "This run is for a change from a fork. If somebody trusted has read the change, this allows it:\n  --trust %s,%s   (this run; %s=%s,%s in CI)", config.TrustFork, list, config.TrustVariable, config.TrustFork, list)
	} else {
		fmt.Fprintf(&text, "If you trust it with that, one of these allows it:\n  %s   (once, this branch; --all-branches for all)\n  --trust %s   (this run; %s=%s in CI)", a.trustLine(list), list, config.TrustVariable, list)
	}
	if a.trustNote != "" {
		fmt.Fprintf(&text, "\nwhat you have allowed before does not count: %s", a.trustNote)
	}
	return project.Usage(fmt.Errorf("%s", &text))
}

// trustLine is the command that trusts the repository of this command.
func (a *app) trustLine(list string) string {
	args := []string{"cranekit", "trust", list}
	if a.global.dir != "" {
		args = append(args, "-C", a.global.dir)
	}
	return llb.CommandLine(args)
}

// permit ends a run of the named checks, nil for all, that needs more trust
// than the repository has.
func (a *app) permit(cfg *config.Config, checks []string) error {
	return a.permitSome(cfg, checks, func(config.Demand) bool { return true })
}

// permitSome is permit for a command that uses some of the configuration.
func (a *app) permitSome(cfg *config.Config, checks []string, used func(config.Demand) bool) error {
	missing := slices.DeleteFunc(cfg.Missing(checks), func(d config.Demand) bool {
		// Where a cache is required, going without it is no way out.
		return !used(d) || d.Optional && !(cfg.CacheRequired && d.Key == "cache" && !cfg.Fork)
	})
	if len(missing) == 0 {
		return nil
	}
	return a.untrusted(cfg, missing)
}

// completeTrust completes what there is to trust a repository with.
func completeTrust(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, t := range config.Trusts() {
		names = append(names, string(t))
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
