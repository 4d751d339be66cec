package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// members finds the builders of a run and says in one line which they are, and
// why. The caller closes them.
func (a *app) members(ctx context.Context, cfg *config.Config) (members []buildkit.Member, why string, err error) {
	var whys []string
	for _, choice := range a.choices(cfg) {
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

// platforms are those that checks compile for, where their target says one.
func (p *project) platforms() map[string]string {
	found := map[string]string{}
	for _, c := range p.cfg.Checks {
		if c.Settings.Target == "" {
			continue
		}
		if platform, err := llb.Platform(c.Settings.Target, ocispecs.Platform{}); err == nil {
			found[c.Name] = platforms.Format(platform)
		}
	}
	return found
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
func (a *app) runOn(ctx context.Context, p *project, members []buildkit.Member, plan buildkit.Plan, request *buildkit.Request) (*buildkit.Report, error) {
	request.Affinity = p.affinity()
	request.Platforms = p.platforms()
	file, fileErr := durationsFile(request.Affinity)
	known := readDurations(file)
	known.apply(request)
	request.Stages = p.stages
	outcome, err := buildkit.RunOn(ctx, members, plan, *request)
	if fileErr == nil {
		fileErr = known.learn(file, outcome)
	}
	if fileErr != nil && len(members) > 1 {
		fmt.Fprintf(a.err, "warning: %v\n", fileErr)
	}
	return outcome, err
}
