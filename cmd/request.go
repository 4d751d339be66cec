package cmd

import (
	"context"
	"os"
	"slices"
	"time"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/cmd/publish"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// request puts a run together, and what makes its graph.
func request(ctx context.Context, p *project.Project, out *publish.Publication, selected []string, j *judge) (*buildkit.Request, buildkit.Plan, error) {
	tree, err := p.Tree(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := out.SelectFiles(p, tree); err != nil {
		return nil, nil, err
	}
	j.locks = p.OtherLocks(tree)
	secrets, err := p.Secrets(selected)
	if err != nil {
		return nil, nil, err
	}
	gitEnv, err := p.GitEnv(ctx)
	if err != nil {
		return nil, nil, err
	}
	p.Stages = p.StagesPlace(ctx, os.Getenv)
	route, err := p.Route()
	if err != nil {
		return nil, nil, err
	}
	return &buildkit.Request{
		Inputs: buildkit.Inputs{
			Toolchains: p.Toolchains(selected), Tree: tree, Sources: llb.Sources(p.Chosen(selected), p.Skeleton),
			SSH: p.Config.Fetch.SSH, Secrets: secrets, Mask: project.Mask(p.Config, secrets),
			Insecure: slices.ContainsFunc(p.Chosen(selected), func(c config.Check) bool { return c.Insecure }), Stores: out.Stores(),
		},
		Checks: selected, Afterwards: out.Afterwards(),
		Output: p.Config.Output, Previous: project.PreviousDir, Limits: project.OutputLimits(p.Config.Checks), Jobs: p.Config.Jobs, FailFast: p.Config.FailFast, Done: j.done,
	}, plan(p, out, gitEnv, route), nil
}

// plan makes the graph for a builder. The time is one for all builders of the
// run.
func plan(p *project.Project, out *publish.Publication, gitEnv map[string]string, route string) buildkit.Plan {
	now := time.Now()
	return func(target buildkit.Target) (*llb.Graph, error) {
		if !target.Foreign {
			if err := out.Fit(target.Platform); err != nil {
				return nil, project.Usage(err)
			}
		}
		bases, err := out.ImageBases()
		if err != nil {
			return nil, project.Usage(err)
		}
		g, err := llb.New(p.Config, p.Workspace, p.Skeleton, llb.Options{
			Bases: target.Bases, Platform: target.Platform, GitEnv: gitEnv, Unmerged: !target.Merges, Now: now, Route: route, Domain: p.Stages.Domain(),
			Images: out.Gathered(), ImageBases: bases,
		})
		if err != nil {
			return nil, project.Usage(err)
		}
		return g, nil
	}
}
