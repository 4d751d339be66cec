package doctor

import (
	"slices"
	"strings"

	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
)

// trust tells what the repository asks for and does not get.
func (d *Doctor) trust() {
	var refused, left []string
	var lacking, optional []config.Trust
	for _, demand := range d.Config.Missing(nil) {
		if demand.Optional {
			left, optional = append(left, project.DemandLine(demand)), append(optional, demand.Trust)
		} else {
			refused, lacking = append(refused, project.DemandLine(demand)), append(lacking, demand.Trust)
		}
	}
	const name = "trust"
	switch {
	case len(refused) > 0:
		d.fail(name, d.trustFix(lacking), "the repository is not trusted with what it asks for:\n%s", strings.Join(refused, "\n"))
	case len(left) > 0:
		d.warn(name, d.trustFix(optional), "left out, because the repository is not trusted with it:\n%s", strings.Join(left, "\n"))
	case len(d.Config.Demands) > 0:
		d.ok(name, "the repository is trusted with %s", project.TrustList(d.Config.Trust))
	default:
		d.ok(name, "the repository asks for nothing that needs trust")
	}
}

// trustFix is what allows something.
func (d *Doctor) trustFix(lacking []config.Trust) string {
	if d.Config.Fork {
		return config.TrustAdvice(true, lacking...)
	}
	return d.TrustLine(project.TrustList(lacking))
}

// refuses reports whether a run would be refused for something of a kind.
func (d *Doctor) refuses(of func(config.Demand) bool) bool {
	return slices.ContainsFunc(d.Config.Missing(nil), of)
}

// routes reports whether a demand is about the way to the network.
func routes(d config.Demand) bool { return strings.HasPrefix(d.Key, "network.") }

// writes reports whether a demand is about where results go, which is below the
// workspace unless something else is said.
func writes(d config.Demand) bool { return d.Key == "output" || d.Key == "workspace" }
