package publish

import (
	"fmt"
	"slices"
	"strings"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

// choose finds the checks by the globs of the configuration.
func (p *Publication) choose(cfg *config.Config) error {
	packages := project.PackageChecks(cfg)
	chosen, _, err := project.Select(packages, cfg.Image.Checks, nil)
	if err != nil {
		return fmt.Errorf("image.checks: %w", err)
	}
	var required []string
	if len(cfg.Image.Requires) > 0 || cfg.Origins["image.requires"] == "default" {
		if required, _, err = project.Select(cfg.Checks, cfg.Image.Requires, nil); err != nil {
			return fmt.Errorf("image.requires: %w", err)
		}
	}
	for _, c := range packages {
		if slices.Contains(chosen, c.Name) {
			p.Checks = append(p.Checks, c)
		}
	}
	for _, c := range cfg.Checks {
		if slices.Contains(required, c.Name) || slices.Contains(chosen, c.Name) {
			p.Required = append(p.Required, c.Name)
		}
	}
	return nil
}

// Gathered are the checks for whose images something has to be made: libraries,
// or packages on a base. Else a base has all.
func (p *Publication) Gathered() []string {
	if p == nil || p.base != nil && !p.installs {
		return nil
	}
	return project.Names(p.Checks)
}

// Afterwards are the nodes that do so.
func (p *Publication) Afterwards() []buildkit.Afterwards {
	var nodes []buildkit.Afterwards
	for _, check := range p.Gathered() {
		nodes = append(nodes, buildkit.Afterwards{Node: llb.ImageNode(check), Check: check})
	}
	return nodes
}

// Fit looks at the platforms once that of the builder is known: no two may be
// the same, and the base has to have all.
func (p *Publication) Fit(host ocispecs.Platform) error {
	if p == nil {
		return nil
	}
	p.host = host
	seen := map[string]string{}
	for _, c := range p.Checks {
		platform, err := p.platform(c)
		if err != nil {
			return fmt.Errorf("check %s: %w", c.Name, err)
		}
		if other := seen[platform.String()]; other != "" {
			return fmt.Errorf("%s and %s are both for %s: name one check for each platform in image.checks", other, c.Name, platform)
		}
		seen[platform.String()] = c.Name
		if p.base == nil {
			continue
		}
		if _, err := p.base.Image(platform); err != nil {
			return err
		}
	}
	return nil
}

// Requirement tells which checks run for an image, and why these.
func (p *Publication) Requirement(cfg *config.Config) string {
	why := "image.requires names them"
	switch {
	case cfg.Origins["image.requires"] == "default":
		why = "all, unless image.requires names some"
	case len(p.Required) == len(p.Checks):
		why = "image.requires names no other"
	}
	return fmt.Sprintf("image: published if these are green: %s (%s)", strings.Join(p.Required, ", "), why)
}
