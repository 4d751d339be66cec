package project

import (
	"os"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// BuilderChoices are what the configuration and the environment say about the
// builder, or each of several.
func BuilderChoices(cfg *config.Config) []builder.Choice {
	var list []builder.Choice
	for _, name := range cfg.BuilderNames() {
		own := choice(cfg, name)
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

// choice is that of one.
func choice(cfg *config.Config, name string) builder.Choice {
	c := builder.Choice{
		Spec: name, From: cfg.Origins["builder"], Named: map[string]builder.Address{},
		Getenv: os.Getenv,
	}
	for _, b := range cfg.Builders {
		c.Named[b.Name] = builder.Address{URL: b.Address, CA: b.CA, Cert: b.Cert, Key: b.Key, ServerName: b.ServerName}
	}
	return c
}

// Platforms are those that checks compile for, where their target says one.
func (p *Project) Platforms() map[string]string {
	found := map[string]string{}
	for _, c := range p.Config.Checks {
		if c.Settings.Target == "" {
			continue
		}
		if platform, err := llb.Platform(c.Settings.Target, ocispecs.Platform{}); err == nil {
			found[c.Name] = platforms.Format(platform)
		}
	}
	return found
}
