package project

import (
	"fmt"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/config"
)

// placed is an error about the value of a key: where it was given, and what can
// be done.
func placed(cfg *config.Config, key string, err error, hint string) error {
	text := key
	if from := cfg.Origins[key]; from != "" && from != "default" {
		text = from + ": " + key
	}
	return Usage(fmt.Errorf("%s: %w (%s)", text, err, hint))
}

// CheckLayouts reads the OCI layouts of the selected checks' toolchains before
// anything starts.
func (p *Project) CheckLayouts(selected []string) error {
	for _, c := range p.Chosen(selected) {
		dir := p.toolchain(c).Layout
		if dir == "" {
			continue
		}
		if _, _, err := buildkit.Offline(buildkit.Toolchain{Layout: dir}); err != nil {
			key := "toolchain.oci-layout"
			if c.Toolchain.OCILayout != "" {
				key = "matrix." + c.Leg + "." + key
			}
			return placed(p.Config, key, err, "a layout has one image; "+config.LayoutAdvice)
		}
	}
	return nil
}
