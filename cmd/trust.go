package cmd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/cmd/trust"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/git"
	"github.com/cranekit/cranekit/llb"
)

// givenTrust is what the flags and the variable trust the repository with.
func (a *app) givenTrust() ([]config.Trust, error) {
	var given []config.Trust
	for _, list := range a.global.trust {
		trusts, err := config.ParseTrust(list)
		if err != nil {
			return nil, usageError{fmt.Errorf("--trust: %w", err)}
		}
		given = append(given, trusts...)
	}
	trusts, err := config.ParseTrust(os.Getenv(config.TrustVariable))
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", config.TrustVariable, err)}
	}
	return append(given, trusts...), nil
}

// allTrust adds what the user's file says. A stranger's change gets none of
// that, and nothing at all unless it was given for forks too. The note says why
// a file is not used.
func allTrust(ctx context.Context, cfg *config.Config, given []config.Trust) (trusts []config.Trust, note string) {
	if cfg.Fork {
		if slices.Contains(given, config.TrustFork) {
			return given, ""
		}
		return nil, ""
	}
	path, err := trust.Path()
	if err != nil {
		return given, "" // a user without a home has no file
	}
	entries, err := trust.Read(path, cfg.Root)
	if err != nil {
		return given, err.Error()
	}
	if !trust.About(entries, cfg.Root) {
		return given, ""
	}
	return append(given, trust.Given(entries, placeOf(ctx, cfg.Root))...), ""
}

// placeOf asks git for the line of commits in a directory. Without an answer it
// is none that an entry holds for.
func placeOf(ctx context.Context, root string) trust.Place {
	at := trust.Place{Repository: root, Git: config.Repository(root) != ""}
	repo, err := git.Open(ctx, root)
	if err != nil {
		return at
	}
	first, err := repo.FirstCommit(ctx)
	if err != nil {
		return at
	}
	branch, err := repo.Branch(ctx)
	if err != nil {
		return at
	}
	at.Root, at.Branch = first, branch
	return at
}

// untrusted is the error of a run that the repository is not trusted enough
// for.
func (a *app) untrusted(cfg *config.Config, missing []config.Demand) error {
	var text strings.Builder
	fmt.Fprint(&text, "the repository is not trusted with what it asks for:\n")
	var trusts []config.Trust
	for _, d := range missing {
		fmt.Fprintf(&text, "  %s\n", demandLine(d))
		trusts = append(trusts, d.Trust)
	}
	list := trustList(trusts)
	if cfg.Fork {
		fmt.Fprintf(&text, "This run is for a change from a fork. If somebody trusted has read the change, this allows it:\n  --trust %s,%s   (this run; %s=%s,%s in CI)", config.TrustFork, list, config.TrustVariable, config.TrustFork, list)
	} else {
		fmt.Fprintf(&text, "If you trust it with that, one of these allows it:\n  %s   (once, this branch; --all-branches for all)\n  --trust %s   (this run; %s=%s in CI)", a.trustLine(list), list, config.TrustVariable, list)
	}
	if a.trustNote != "" {
		fmt.Fprintf(&text, "\nwhat you have allowed before does not count: %s", a.trustNote)
	}
	return usageError{fmt.Errorf("%s", &text)}
}

// trustLine is the command that trusts the repository of this command.
func (a *app) trustLine(list string) string {
	args := []string{"cranekit", "trust", list}
	if a.global.dir != "" {
		args = append(args, "-C", a.global.dir)
	}
	return llb.CommandLine(args)
}

// demandLine tells of one thing that a repository asks for.
func demandLine(d config.Demand) string {
	return fmt.Sprintf("%s: %s: %s asks for %s", d.Origin, d.Key, d.Value, d.Trust)
}

// trustList is each trust once, with commas between.
func trustList(trusts []config.Trust) string {
	var names []string
	for _, t := range config.Trusts() {
		if slices.Contains(trusts, t) {
			names = append(names, string(t))
		}
	}
	return strings.Join(names, ",")
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

// reads reports whether a graph cannot be shown without reading what a demand
// is about.
func reads(d config.Demand) bool {
	return d.Trust == config.TrustPaths && (d.Key == "workspace" || strings.HasSuffix(d.Key, "toolchain.oci-layout") || d.Key == "toolchain.dockerfile")
}

// reaches reports whether a demand is about the builder.
func reaches(d config.Demand) bool {
	return d.Key == "builder" || strings.HasPrefix(d.Key, "builders.")
}

// untracked refuses an output directory of the repository's choice that holds
// files of the repository.
func untracked(ctx context.Context, cfg *config.Config) error {
	if !cfg.FromRepository("output") {
		return nil
	}
	below, err := filepath.Rel(cfg.Root, resolve(cfg.Results))
	if err != nil || !filepath.IsLocal(below) {
		return nil
	}
	repo, err := repository(ctx, cfg.Root)
	if err != nil || repo == nil {
		return err
	}
	first, err := repo.Tracks(ctx, filepath.ToSlash(below))
	if err != nil || first == "" {
		return err
	}
	return usageError{fmt.Errorf("%s: output: %s is tracked by git: name a directory for results alone", cfg.Origins["output"], first)}
}

// completeTrust completes what there is to trust a repository with.
func completeTrust(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, t := range config.Trusts() {
		names = append(names, string(t))
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
