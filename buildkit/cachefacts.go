package buildkit

import (
	"slices"
	"time"
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
		fact.Export = union(c.spans)
		slices.Sort(fact.Saved)
		// The builder does not say which cache a layer came from: the first
		// that had anything, as the builder asks them in order.
		if len(fact.Found) > 0 {
			var spans []span
			for _, p := range pulls {
				fact.Imported += p.size
				spans = append(spans, p.span)
			}
			fact.Import += union(spans)
			pulls = nil
		}
		c.mu.Unlock()
		facts = append(facts, fact)
	}
	return facts
}

// union is the time in which at least one span was going on.
func union(spans []span) time.Duration {
	slices.SortFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	var sum time.Duration
	var until time.Time
	for _, s := range spans {
		if s.from.Before(until) {
			s.from = until
		}
		if s.to.After(s.from) {
			sum += s.to.Sub(s.from)
			until = s.to
		}
	}
	return sum
}
