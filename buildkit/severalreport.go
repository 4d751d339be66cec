package buildkit

import (
	"maps"
	"slices"
	"time"

	"github.com/cranekit/cranekit/buildkit/cache"
)

// report puts the reports of the builders together.
func (s *several) report() *Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := &Report{Notes: slices.Clone(s.notes), Costs: map[string]time.Duration{}, Images: map[string]string{}}
	for _, name := range s.req.Checks {
		result, ok := s.final[name]
		if !ok {
			result = Result{Name: name, Status: StatusCanceled}
		}
		all.Results = append(all.Results, result)
	}
	nodes := map[string]NodeFact{}
	for _, r := range s.reports {
		if all.Image == "" {
			all.Image = r.Image
		}
		for _, note := range r.Notes {
			if !slices.Contains(all.Notes, note) {
				all.Notes = append(all.Notes, note)
			}
		}
		maps.Copy(all.Costs, r.Costs)
		maps.Copy(all.Images, r.Images)
		all.Afterwards = append(all.Afterwards, r.Afterwards...)
		for _, fact := range r.Nodes {
			nodes[fact.Name] = joinNodes(nodes[fact.Name], fact)
		}
		for i, fact := range r.Caches {
			if i == len(all.Caches) {
				all.Caches = append(all.Caches, cache.Fact{Name: fact.Name})
			}
			all.Caches[i].Join(fact)
		}
	}
	for _, name := range s.order {
		if fact, ok := nodes[name]; ok {
			all.Nodes = append(all.Nodes, fact)
		}
	}
	return all
}

// joinNodes are the facts about one node on two builders: it was cached if
// neither executed it.
func joinNodes(a, b NodeFact) NodeFact {
	if a.Name == "" {
		return b
	}
	a.Cached = a.Cached && b.Cached
	a.Took += b.Took
	if a.Units == (Units{}) {
		a.Units = b.Units
	}
	return a
}
