package buildkit

import (
	"slices"

	digest "github.com/opencontainers/go-digest"

	"github.com/cranekit/cranekit/buildkit/events"
	"github.com/cranekit/cranekit/llb"
)

// cacheFacts are what the run did with its caches.
func (r *run) cacheFacts() []CacheFact {
	facts := make([]CacheFact, 0, len(r.caches))
	pulls := r.pulls(r.graph.Nodes)
	for _, c := range r.caches {
		c.mu.Lock()
		fact := c.fact
		for _, size := range c.sizes {
			fact.Exported += size
		}
		if c.unsized {
			fact.Exported = -1
		}
		fact.Export = events.Union(c.spans)
		slices.Sort(fact.Saved)
		// The builder does not say which cache a layer came from: the first
		// that had anything, as the builder asks them in order.
		if len(fact.Found) > 0 {
			var spans []events.Span
			for _, p := range pulls {
				fact.Imported += p.Size
				spans = append(spans, p.Span)
			}
			fact.Import += events.Union(spans)
			pulls = nil
		}
		c.mu.Unlock()
		facts = append(facts, fact)
	}
	return facts
}

// pulls are the blobs that were transferred for nodes of the graph, images of
// toolchains left out: those come from their own registry.
func (r *run) pulls(nodes []*llb.Node) map[string]events.Pull {
	var vertices []digest.Digest
	for _, n := range nodes {
		if dgst, ok := r.digests[n.Name]; ok && !isImage(n) {
			vertices = append(vertices, dgst)
		}
	}
	return r.collector.Pulls(vertices)
}
