package buildkit

import (
	"context"

	"github.com/moby/buildkit/client"

	"github.com/cranekit/cranekit/buildkit/cache"
	"github.com/cranekit/cranekit/llb"
)

// useCaches makes the caches of the run, once its graph is there.
func (r *run) useCaches(ctx context.Context) {
	r.caches = cache.New(ctx, r.req.Caches, cache.Run{
		Client: r.client, Options: r.options, Graph: r.graph, Checks: r.req.Checks,
		Definitions: r.defs, Records: r.records, Events: r.req.Events, ExportTimeout: r.exportTimeout,
	})
}

// probe asks the caches what they have for the run.
func (r *run) probe(ctx context.Context) {
	others := r.lead.stages(r.graph)
	for _, a := range r.req.Afterwards {
		others = append(others, a.Node)
	}
	r.caches.Probe(ctx, others...)
}

// exportStages exports the stages, tools and parts of the toolchain that the
// builder has just executed.
func (r *run) exportStages(status *client.SolveStatus) {
	if len(r.req.Caches) == 0 || r.caches == nil {
		return
	}
	for _, v := range status.Vertexes {
		if v.Completed == nil || v.Error != "" || v.Cached {
			continue
		}
		n := r.node(v.Digest.String())
		if n == nil || n.Role == llb.RoleCheck || n.IsImage() {
			continue
		}
		if ran, _ := r.collector.Executed(v.Digest); ran {
			r.caches.Export(n.Name)
		}
	}
}

// exportChecks exports the green checks that were executed. It waits for all
// checks: what BuildKit (0.34) exports of one while others that stand on the
// same stage still run can lack the result.
func (r *run) exportChecks() {
	for _, name := range r.req.Checks {
		if result, ok := r.results[name]; ok && result.Status == StatusPassed && !result.Cached {
			r.caches.Export(name)
		}
	}
}

// exportRest exports what the builder had and a cache lacks.
func (r *run) exportRest(ctx context.Context) {
	var green, had []string
	for _, name := range r.req.Checks {
		if r.results[name].Status == StatusPassed {
			green = append(green, name)
		}
	}
	for _, fact := range r.facts(r.needed()) {
		red := fact.Role == llb.RoleCheck && r.results[fact.Name].Status != StatusPassed
		if !red && fact.Cached {
			had = append(had, fact.Name)
		}
	}
	r.caches.Rest(ctx, green, had)
}
