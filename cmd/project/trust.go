package project

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/cmd/trust"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/git"
)

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
	return append(given, trust.Given(entries, TrustPlace(ctx, cfg.Root))...), ""
}

// TrustPlace asks git for the line of commits in a directory. Without an answer it
// is none that an entry holds for.
func TrustPlace(ctx context.Context, root string) trust.Place {
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

// DemandLine tells of one thing that a repository asks for.
func DemandLine(d config.Demand) string {
	return fmt.Sprintf("%s: %s: %s asks for %s", d.Origin, d.Key, d.Value, d.Trust)
}

// TrustList is each trust once, with commas between.
func TrustList(trusts []config.Trust) string {
	var names []string
	for _, t := range config.Trusts() {
		if slices.Contains(trusts, t) {
			names = append(names, string(t))
		}
	}
	return strings.Join(names, ",")
}

// AboutGraph reports whether a graph cannot be shown without reading what a demand
// is about.
func AboutGraph(d config.Demand) bool {
	return d.Trust == config.TrustPaths && (d.Key == "workspace" || strings.HasSuffix(d.Key, "toolchain.oci-layout") || d.Key == "toolchain.dockerfile")
}

// AboutBuilder reports whether a demand is about the builder.
func AboutBuilder(d config.Demand) bool {
	return d.Key == "builder" || strings.HasPrefix(d.Key, "builders.")
}

// RefuseTrackedOutput refuses an output directory of the repository's choice that holds
// files of the repository.
func RefuseTrackedOutput(ctx context.Context, cfg *config.Config) error {
	if !cfg.FromRepository("output") {
		return nil
	}
	below, err := filepath.Rel(cfg.Root, Resolve(cfg.Results))
	if err != nil || !filepath.IsLocal(below) {
		return nil
	}
	repo, err := GitRepository(ctx, cfg.Root)
	if err != nil || repo == nil {
		return err
	}
	first, err := repo.Tracks(ctx, filepath.ToSlash(below))
	if err != nil || first == "" {
		return err
	}
	return Usage(fmt.Errorf("%s: output: %s is tracked by git: name a directory for results alone", cfg.Origins["output"], first))
}
