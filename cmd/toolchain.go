package cmd

import (
	"cmp"
	"context"
	"fmt"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/images"
	"github.com/cranekit/cranekit/llb"
)

// toolchains are those of the selected checks, by their ids.
func (p *project) toolchains(selected []string) map[string]buildkit.Toolchain {
	toolchains := map[string]buildkit.Toolchain{}
	for _, c := range p.chosen(selected) {
		toolchains[llb.ToolchainID(c)] = p.toolchain(c)
	}
	return toolchains
}

// toolchain is the image that a leg, the configuration or the workspace names
// for a check.
func (p *project) toolchain(c config.Check) buildkit.Toolchain {
	t := p.cfg.Toolchain
	switch {
	case c.Toolchain.Image != "" || c.Toolchain.OCILayout != "":
		return buildkit.Toolchain{Image: c.Toolchain.Image, Layout: c.Toolchain.OCILayout}
	case t.OCILayout != "" || t.Dockerfile != "" || t.Image != "":
		return buildkit.Toolchain{Image: t.Image, Layout: t.OCILayout, Dockerfile: t.Dockerfile, Args: t.BuildArgs, Target: t.BuildTarget}
	}
	return buildkit.Toolchain{Image: images.Default(cmp.Or(c.Toolchain.Channel, t.Channel, p.ws.Channel))}
}

// gitEnv are the values of the variables that the configuration sets from git.
func (p *project) gitEnv(ctx context.Context) (map[string]string, error) {
	env := map[string]string{}
	for name, fact := range p.cfg.Source.GitEnv {
		args := map[string][]string{
			"commit":       {"rev-parse", "HEAD"},
			"short-commit": {"rev-parse", "--short", "HEAD"},
			"branch":       {"rev-parse", "--abbrev-ref", "HEAD"},
			"describe":     {"describe", "--tags", "--always"},
			"date":         {"show", "--no-patch", "--format=%cI", "HEAD"},
		}[fact]
		answer, err := git(ctx, p.cfg.Workspace, args...)
		if err != nil {
			return nil, usageError{fmt.Errorf("source.git-env.%s: git does not know the %s here: is this a repository with a commit?", name, fact)}
		}
		env[name] = answer
	}
	return env, nil
}
