package buildkit

import (
	"fmt"
	"maps"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"

	"github.com/cranekit/cranekit/llb"
)

// imports are the records for solving a node: its own, and those of the nodes
// right below. Each holds all that its node needs.
func (r *run) imports(n *llb.Node) []gateway.CacheOptionsEntry {
	if r.distrusted.Load() {
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
		for _, c := range r.caches {
			found := c.entries(name)
			entries = append(entries, found...)
			there = there || len(found) > 0
		}
		if there {
			return
		}
		for _, need := range r.graph.Node(name).Needs {
			add(need)
		}
	}
	add(n.Name)
	return entries
}

// importing returns the records for solving a node, and what to call when it
// is solved.
func (r *run) importing(n *llb.Node) (imports []gateway.CacheOptionsEntry, done func()) {
	r.importers.RLock()
	if imports = r.imports(n); len(imports) == 0 {
		r.importers.RUnlock()
		return nil, func() {}
	}
	return imports, r.importers.RUnlock
}

// distrust keeps the run from the records of all caches. BuildKit does not say
// which of them a layer came from that turned out to be cut off or corrupt. It
// returns when no build has anything of a cache any more: while one does,
// others get the same stage from it.
func (r *run) distrust(err error) {
	r.distrusted.Store(true)
	r.importers.Lock()
	defer r.importers.Unlock()
	for _, c := range r.caches {
		if len(c.found) > 0 {
			c.problem("", fmt.Errorf("import: given up, what it has is compiled here: %w", err))
			return
		}
	}
}

// solveOpt are the options of one build. It gets the records of local caches
// only: what else is imported is part of each request to solve, and here it
// would come into the builder's history, with its credentials.
func (r *run) solveOpt(imports []gateway.CacheOptionsEntry) client.SolveOpt {
	opt := *r.options
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
