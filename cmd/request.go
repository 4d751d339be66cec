package cmd

import (
	"context"
	"os"
	"slices"
	"time"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// request puts a run together, and what makes its graph.
func request(ctx context.Context, p *project, out *publication, selected []string, j *judge) (*buildkit.Request, buildkit.Plan, error) {
	tree, err := p.tree(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := out.selectFiles(p, tree); err != nil {
		return nil, nil, err
	}
	j.locks = p.otherLocks(tree)
	secrets, err := p.secrets(selected)
	if err != nil {
		return nil, nil, err
	}
	gitEnv, err := p.gitEnv(ctx)
	if err != nil {
		return nil, nil, err
	}
	p.stages = p.stagesPlace(ctx, os.Getenv)
	route, err := p.route()
	if err != nil {
		return nil, nil, err
	}
	return &buildkit.Request{
		Inputs: buildkit.Inputs{
			Toolchains: p.toolchains(selected), Tree: tree, Sources: llb.Sources(p.chosen(selected), p.skeleton),
			SSH: p.cfg.Fetch.SSH, Secrets: secrets, Mask: mask(p.cfg, secrets),
			Insecure: slices.ContainsFunc(p.chosen(selected), func(c config.Check) bool { return c.Insecure }), Stores: out.stores(),
		},
		Checks: selected, Afterwards: out.afterwards(),
		Output: p.cfg.Output, Previous: previousDir, Limits: outputLimits(p.cfg.Checks), Jobs: p.cfg.Jobs, FailFast: p.cfg.FailFast, Done: j.done,
	}, plan(p, out, gitEnv, route), nil
}

// plan makes the graph for a builder. The time is one for all builders of the
// run.
func plan(p *project, out *publication, gitEnv map[string]string, route string) buildkit.Plan {
	now := time.Now()
	return func(target buildkit.Target) (*llb.Graph, error) {
		if !target.Foreign {
			if err := out.fit(target.Platform); err != nil {
				return nil, usage(err)
			}
		}
		bases, err := out.imageBases()
		if err != nil {
			return nil, usage(err)
		}
		g, err := llb.New(p.cfg, p.ws, p.skeleton, llb.Options{
			Bases: target.Bases, Platform: target.Platform, GitEnv: gitEnv, Unmerged: !target.Merges, Now: now, Route: route, Domain: p.stages.Domain(),
			Images: out.gathered(), ImageBases: bases,
		})
		if err != nil {
			return nil, usage(err)
		}
		return g, nil
	}
}
