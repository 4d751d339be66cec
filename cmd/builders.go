package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
)

// members finds the builders of a run and says in one line which they are, and
// why. The caller closes them.
func (a *app) members(ctx context.Context, cfg *config.Config) (members []buildkit.Member, why string, err error) {
	var whys []string
	for _, choice := range project.BuilderChoices(cfg) {
		b, why, err := builder.Select(ctx, choice)
		if err != nil {
			return nil, "", errors.Join(err, closeAll(members))
		}
		m := buildkit.Member{Builder: b, Platforms: choice.Platforms}
		for _, named := range cfg.Builders {
			if named.Name == choice.Spec {
				m.Weight, m.Platforms = named.Weight, named.Platforms
			}
		}
		members = append(members, m)
		whys = append(whys, why)
	}
	return members, strings.Join(whys, "\n"), nil
}

func closeAll(members []buildkit.Member) error {
	var errs []error
	for _, m := range members {
		errs = append(errs, m.Close())
	}
	return errors.Join(errs...)
}

func memberNames(members []buildkit.Member) string {
	var names []string
	for _, m := range members {
		names = append(names, m.Name())
	}
	return strings.Join(names, ", ")
}

// runOn runs a request and keeps what it measured.
func (a *app) runOn(ctx context.Context, p *project.Project, members []buildkit.Member, plan buildkit.Plan, request *buildkit.Request) (*buildkit.Report, error) {
	request.Affinity = p.Affinity()
	request.Platforms = p.Platforms()
	file, fileErr := project.DurationsFile(request.Affinity)
	known := project.ReadDurations(file)
	known.Apply(request)
	request.Stages = p.Stages
	outcome, err := buildkit.RunOn(ctx, members, plan, *request)
	if fileErr == nil {
		fileErr = known.Learn(file, outcome)
	}
	if fileErr != nil && len(members) > 1 {
		fmt.Fprintf(a.err, "warning: %v\n", fileErr)
	}
	return outcome, err
}

// completeBuilders completes the names of builders and the schemes of
// addresses.
func (a *app) completeBuilders(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	values := []string{"auto", "embedded", "docker", "docker:", "container", "container:", "unix://", "tcp://", "ssh://", "kube-pod://", "docker-container://", "podman-container://"}
	if cfg, err := a.load(c.Context(), c.Flags()); err == nil {
		for _, b := range cfg.Builders {
			values = append(values, b.Name)
		}
	}
	return append(values, builder.BuildxSpecs(os.Getenv)...), cobra.ShellCompDirectiveNoSpace
}
