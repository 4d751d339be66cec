package cmd

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/config"
)

// choices are what the configuration and the environment say about the
// builder, or each of several.
func (a *app) choices(cfg *config.Config) []builder.Choice {
	var list []builder.Choice
	for _, name := range cfg.BuilderNames() {
		own := a.choice(cfg, name)
		_, configured := own.Named[name]
		nodes := builder.BuildxNodes(name, own.Getenv)
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

func (a *app) choice(cfg *config.Config, name string) builder.Choice {
	c := builder.Choice{
		Spec: name, From: cfg.Origins["builder"], Named: map[string]builder.Address{},
		Embedded: a.embeddedOptions(), Getenv: os.Getenv,
	}
	for _, b := range cfg.Builders {
		c.Named[b.Name] = builder.Address{URL: b.Address, CA: b.CA, Cert: b.Cert, Key: b.Key, ServerName: b.ServerName}
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
	return append(values, builder.BuildxSpecs(os.Getenv)...), cobra.ShellCompDirectiveNoSpace
}
