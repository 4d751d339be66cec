package project

import (
	"cmp"
	"context"
	"fmt"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/git"
	"github.com/cranekit/cranekit/images"
	"github.com/cranekit/cranekit/llb"
)

// Toolchains are those of the selected checks, by their ids.
func (p *Project) Toolchains(selected []string) map[string]buildkit.Toolchain {
	toolchains := map[string]buildkit.Toolchain{}
	for _, c := range p.Chosen(selected) {
		toolchains[llb.ToolchainID(c)] = p.toolchain(c)
	}
	return toolchains
}

// toolchain is the image that a leg, the configuration or the workspace names
// for a check.
func (p *Project) toolchain(c config.Check) buildkit.Toolchain {
	t := p.Config.Toolchain
	switch {
	case c.Toolchain.Image != "" || c.Toolchain.OCILayout != "":
		return buildkit.Toolchain{Image: c.Toolchain.Image, Layout: c.Toolchain.OCILayout}
	case t.OCILayout != "" || t.Dockerfile != "" || t.Image != "":
		return buildkit.Toolchain{Image: t.Image, Layout: t.OCILayout, Dockerfile: t.Dockerfile, Args: t.BuildArgs, Target: t.BuildTarget}
	}
	return buildkit.Toolchain{Image: images.Default(cmp.Or(c.Toolchain.Channel, t.Channel, p.Workspace.Channel))}
}

// GitEnv are the values of the variables that the configuration sets from git.
func (p *Project) GitEnv(ctx context.Context) (map[string]string, error) {
	env := map[string]string{}
	if len(p.Config.Source.GitEnv) == 0 {
		return env, nil
	}
	repo, err := git.Open(ctx, p.Config.Workspace)
	if err != nil {
		return nil, Usage(fmt.Errorf("source.git-env: %w", err))
	}
	for name, fact := range p.Config.Source.GitEnv {
		answer, err := repo.Fact(ctx, fact)
		if err != nil {
			return nil, Usage(fmt.Errorf("source.git-env.%s: git does not know the %s here: is this a repository with a commit? (%w)", name, fact, err))
		}
		env[name] = answer
	}
	return env, nil
}
