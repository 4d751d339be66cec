package cmd

import (
	"slices"
	"strings"

	"github.com/cranekit/cranekit/config"
)

// trust tells what the repository asks for and does not get.
func (d *doctor) trust() {
	var refused, left []string
	var lacking, optional []config.Trust
	for _, demand := range d.cfg.Missing(nil) {
		if demand.Optional {
			left, optional = append(left, demandLine(demand)), append(optional, demand.Trust)
		} else {
			refused, lacking = append(refused, demandLine(demand)), append(lacking, demand.Trust)
		}
	}
	const name = "trust"
	switch {
	case len(refused) > 0:
		d.fail(name, d.trustFix(lacking), "the repository is not trusted with what it asks for:\n%s", strings.Join(refused, "\n"))
	case len(left) > 0:
		d.warn(name, d.trustFix(optional), "left out, because the repository is not trusted with it:\n%s", strings.Join(left, "\n"))
	case len(d.cfg.Demands) > 0:
		d.ok(name, "the repository is trusted with %s", trustList(d.cfg.Trust))
	default:
		d.ok(name, "the repository asks for nothing that needs trust")
	}
}

// trustFix is what allows something.
func (d *doctor) trustFix(lacking []config.Trust) string {
	if d.cfg.Fork {
		return config.TrustAdvice(true, lacking...)
	}
	return d.trustLine(trustList(lacking))
}

// refuses reports whether a run would be refused for something of a kind.
func (d *doctor) refuses(of func(config.Demand) bool) bool {
	return slices.ContainsFunc(d.cfg.Missing(nil), of)
}

// routes reports whether a demand is about the way to the network.
func routes(d config.Demand) bool { return strings.HasPrefix(d.Key, "network.") }

// writes reports whether a demand is about where results go, which is below the
// workspace unless something else is said.
func writes(d config.Demand) bool { return d.Key == "output" || d.Key == "workspace" }
