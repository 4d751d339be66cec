package cmd

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/config"
)

// choices are what the configuration and the environment say about the
// builder, or each of several.
func (a *app) choices(cfg *config.Config) []buildkit.Choice {
	var list []buildkit.Choice
	for _, name := range cfg.BuilderNames() {
		own := a.choice(cfg, name)
		_, configured := own.Named[name]
		nodes := buildkit.BuildxNodes(name, own.Getenv)
		if configured || len(nodes) == 0 {
			list = append(list, own)
			continue
		}
		for _, node := range nodes {
			own.Spec, own.Platforms = node.Spec, node.Platforms
			list = append(list, own)
		}
	}
	return list
}

func (a *app) choice(cfg *config.Config, name string) buildkit.Choice {
	c := buildkit.Choice{
		Spec: name, From: cfg.Origins["builder"], Named: map[string]buildkit.Address{},
		Embedded: a.embeddedOptions(), Getenv: os.Getenv,
	}
	for _, b := range cfg.Builders {
		c.Named[b.Name] = buildkit.Address{URL: b.Address, CA: b.CA, Cert: b.Cert, Key: b.Key, ServerName: b.ServerName}
	}
	return c
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
	return append(values, buildkit.BuildxSpecs(os.Getenv)...), cobra.ShellCompDirectiveNoSpace
}
