package cache

import (
	"slices"
	"time"

	"github.com/cranekit/cranekit/buildkit/events"
)

// Fact is what a run did with one cache.
type Fact struct {
	// Name is its type and name.
	Name string
	// Found and Saved are the nodes whose results the cache had, and those
	// that were exported to it.
	Found, Saved []string
	// Import is the time that it took to ask the cache and to pull from it,
	// Export that of exports; both by the clock.
	Import, Export time.Duration
	// Imported is the size of the layers that were pulled, in bytes. A builder
	// pulls only what it needs to execute something.
	Imported int64
	// Exported is the size of what was exported in bytes, layers that the
	// cache had before included; -1 where it is not known.
	Exported int64
	// Problems are what went wrong, each once.
	Problems []string
}

// Join adds what another builder did with the cache. Builders use it side by
// side: times are those of the one that took longest.
func (f *Fact) Join(o Fact) {
	union := func(a, b []string) []string {
		list := slices.Concat(a, b)
		slices.Sort(list)
		return slices.Compact(list)
	}
	f.Found, f.Saved, f.Problems = union(f.Found, o.Found), union(f.Saved, o.Saved), union(f.Problems, o.Problems)
	f.Import, f.Export = max(f.Import, o.Import), max(f.Export, o.Export)
	f.Imported += o.Imported
	if f.Exported < 0 || o.Exported < 0 {
		f.Exported = -1
	} else {
		f.Exported += o.Exported
	}
}

// Facts are what the run did with its caches, in their order. The blobs that the
// builder pulled for the run are those of caches: images come from elsewhere.
func (s *Set) Facts(pulls map[string]events.Pull) []Fact {
	facts := make([]Fact, 0, len(s.states))
	for _, c := range s.states {
		fact := c.facts()
		fact.Found = s.held(c)
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
		facts = append(facts, fact)
	}
	return facts
}

// held are the nodes that a cache has something of: those with a record, and
// those below a check with one.
func (s *Set) held(c *state) []string {
	var checks, names []string
	for _, check := range s.run.Checks {
		if c.has(check) {
			checks = append(checks, check)
		}
	}
	below := s.run.Graph.Closure(checks...)
	for _, n := range s.run.Graph.Nodes {
		if s.run.Records[n.Name] != "" && (c.has(n.Name) || slices.Contains(below, n)) {
			names = append(names, n.Name)
		}
	}
	return names
}
