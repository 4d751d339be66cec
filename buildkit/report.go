package buildkit

import (
	"slices"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/cranekit/cranekit/buildkit/events"
	"github.com/cranekit/cranekit/llb"
)

// report is what is known of the run, at whatever point it ended.
func (r *run) report() *Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := &Report{Image: r.target.image, Images: r.target.images(), Afterwards: r.after}
	for _, name := range r.req.Checks {
		result, ok := r.results[name]
		if !ok {
			result = Result{Name: name, Status: StatusCanceled}
		}
		report.Results = append(report.Results, result)
	}
	if r.graph == nil {
		return report
	}
	if r.caches != nil {
		report.Caches = r.caches.Facts(r.pulls())
		for i := range report.Caches {
			problems := slices.Clone(report.Caches[i].Problems)
			for j := range problems {
				problems[j] = r.req.Mask.String(problems[j])
			}
			report.Caches[i].Problems = problems
		}
	}
	report.Nodes = r.facts(r.needed())
	report.Costs = r.costs()
	if r.graph.Unlayered {
		report.Notes = []string{"cannot merge states: members are compiled in the checks, in spite of member-layers (Docker's containerd image store can, and so can --builder container and embedded)"}
	}
	return report
}

// facts are about the nodes that the run got to. A node that says nothing of
// itself was cached when one that needs it has a result.
func (r *run) facts(nodes []*llb.Node) []NodeFact {
	var facts []NodeFact
	reached := map[string]bool{}
	for _, n := range slices.Backward(nodes) {
		ran, took := r.collector.Executed(r.digests[n.Name])
		if n.Role == llb.RoleToolchain && len(n.Needs) == 0 && !r.collector.Pulled(r.digests[n.Name]) {
			ran, took = false, 0
		}
		if !ran && !reached[n.Name] && !r.collector.Cached(r.digests[n.Name]) {
			continue
		}
		facts = append(facts, NodeFact{Name: n.Name, Role: n.Role, Owner: n.Owner, Commands: n.Commands, Cached: !ran, Took: took, Units: r.units(n, ran)})
		for _, need := range n.Needs {
			reached[need] = true
		}
	}
	slices.Reverse(facts)
	return facts
}

// pulls are the blobs that were transferred for nodes of the graph, images of
// toolchains left out: those come from their own registry.
func (r *run) pulls() map[string]events.Pull {
	var vertices []digest.Digest
	for _, n := range r.graph.Nodes {
		if dgst, ok := r.digests[n.Name]; ok && !n.IsImage() {
			vertices = append(vertices, dgst)
		}
	}
	return r.collector.Pulls(vertices)
}

// costs are what the checks of a run cost that were executed: the time in
// which any of them ran, divided among them by the time that each took. Checks
// that run side by side take one another's time: what each took would say that
// two builders are twice as fast even where one had a core to spare.
func (r *run) costs() map[string]time.Duration {
	costs := map[string]time.Duration{}
	var sum time.Duration
	var spans []events.Span
	for _, name := range r.req.Checks {
		result := r.results[name]
		if result.Cached || result.Took == 0 || result.Status != StatusPassed && result.Status != StatusFailed {
			continue
		}
		costs[name] = result.Took
		sum += result.Took
		spans = append(spans, r.collector.Spans(r.digests[name])...)
	}
	wall := events.Union(spans)
	for name, took := range costs {
		costs[name] = time.Duration(float64(took) * wall.Seconds() / sum.Seconds())
	}
	return costs
}
