package buildkit

import (
	"maps"
	"slices"
	"time"
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
				all.Caches = append(all.Caches, CacheFact{Name: fact.Name})
			}
			all.Caches[i].join(fact)
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
	return a
}

// join adds what another builder did with the cache. Builders use it side by
// side: times are those of the one that took longest.
func (f *CacheFact) join(o CacheFact) {
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
