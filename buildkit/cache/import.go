package cache

import (
	"fmt"
	"maps"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// imports are the records for solving a node: its own, and those of the nodes
// right below. Each holds all that its node needs.
func (s *Set) imports(node string) []gateway.CacheOptionsEntry {
	if s.distrusted.Load() {
		return nil
	}
	var entries []gateway.CacheOptionsEntry
	seen := map[string]bool{}
	var add func(name string)
	add = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		there := false
		for _, c := range s.states {
			found := c.entries(name)
			entries = append(entries, found...)
			there = there || len(found) > 0
		}
		if there {
			return
		}
		for _, need := range s.run.Graph.Node(name).Needs {
			add(need)
		}
	}
	add(node)
	return entries
}

// Imports returns the records for solving a node, and what to call when it is
// solved.
func (s *Set) Imports(node string) (imports []gateway.CacheOptionsEntry, done func()) {
	s.importers.RLock()
	if imports = s.imports(node); len(imports) == 0 {
		s.importers.RUnlock()
		return nil, func() {}
	}
	return imports, s.importers.RUnlock
}

// Distrust keeps the run from the records of all caches. BuildKit does not say
// which of them a layer came from that turned out to be cut off or corrupt. It
// returns when no build has anything of a cache any more: while one does,
// others get the same stage from it.
func (s *Set) Distrust(err error) {
	s.distrusted.Store(true)
	s.importers.Lock()
	defer s.importers.Unlock()
	for _, c := range s.states {
		if c.useful() {
			c.problem("", fmt.Errorf("import: given up, what it has is compiled here: %w", err))
			return
		}
	}
}

// SolveOpt are the options of one build, made of those of every build. It gets
// the records of local caches only: what else is imported is part of each
// request to solve, and here it would come into the builder's history, with its
// credentials.
func SolveOpt(all *client.SolveOpt, imports []gateway.CacheOptionsEntry) client.SolveOpt {
	opt := *all
	// Build panics when they are nil and a cache is imported, and writes to
	// them.
	opt.FrontendAttrs = map[string]string{}
	for _, entry := range imports {
		if entry.Type == "local" {
			opt.CacheImports = append(opt.CacheImports, client.CacheOptionsEntry{Type: entry.Type, Attrs: maps.Clone(entry.Attrs)})
		}
	}
	return opt
}
