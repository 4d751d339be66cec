package buildkit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"golang.org/x/sync/semaphore"

	"github.com/cranekit/cranekit/llb"
)

// probesAtOnce bounds the requests to one registry.
const probesAtOnce = 16

// probe asks every cache which records it has. BuildKit would take each as it
// is and show a red vertex for every one that is not there, and wait for a
// cache that does not answer for as long as that takes. The record of a check
// holds all that is below it too: of that, only what no record of a check holds
// is asked for.
func (r *run) probe(ctx context.Context) {
	r.ask(ctx, r.req.Checks)
	names := r.lead.stages(r.graph)
	for _, a := range r.req.Afterwards {
		names = append(names, a.Node)
	}
	for _, check := range r.req.Checks {
		if !slices.ContainsFunc(r.caches, func(c *cacheState) bool { return c.has(check) }) {
			names = append(names, check)
		}
	}
	var below []string
	for _, n := range r.graph.Closure(names...) {
		below = append(below, n.Name)
	}
	r.ask(ctx, below)
}

// ask asks every cache for the records of nodes, for each once in a run.
func (r *run) ask(ctx context.Context, nodes []string) {
	var wg sync.WaitGroup
	for _, c := range r.caches {
		fresh := slices.DeleteFunc(slices.Clone(nodes), func(name string) bool { return r.records[name] == "" || c.asked[name] })
		if len(fresh) > 0 && len(c.Import) > 0 && !c.gone() {
			wg.Go(func() { r.askCache(ctx, c, fresh) })
		}
	}
	wg.Wait()
}

func (r *run) askCache(ctx context.Context, c *cacheState, nodes []string) {
	began := time.Now()
	slots := semaphore.NewWeighted(probesAtOnce)
	var wg sync.WaitGroup
	requests, silent := 0, 0
	results := map[string]map[string]gateway.CacheOptionsEntry{} // by name, then node
	for _, name := range c.Import {
		results[name] = map[string]gateway.CacheOptionsEntry{}
		for _, node := range nodes {
			record := r.records[node]
			entry, err := c.entry(name, record)
			if err != nil {
				c.problem(record, err)
				continue
			}
			requests++
			wg.Go(func() {
				if slots.Acquire(ctx, 1) != nil {
					return
				}
				defer slots.Release(1)
				ok, err := r.probeEntry(ctx, &entry)
				if err != nil && ctx.Err() == nil {
					c.problem(record, fmt.Errorf("import: %w", err))
				}
				c.mu.Lock()
				defer c.mu.Unlock()
				if errors.As(err, &noServiceError{}) {
					silent++
				}
				if ok {
					results[name][node] = entry
				}
			})
		}
	}
	wg.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	// One that answers nonsense may take an export all the same, which mends it.
	c.down = c.down || requests > 0 && silent == requests
	c.fact.Import += time.Since(began)
	for _, node := range nodes {
		c.asked[node] = true
		for _, name := range c.Import {
			entry, ok := results[name][node]
			// The same stage is the same under every name; a check is that of
			// another source.
			if ok && (r.graph.Node(node).Role == llb.RoleCheck || len(c.found[node]) == 0) {
				c.found[node] = append(c.found[node], entry)
			}
		}
	}
	c.fact.Found = r.held(c)
}

// entries are the records that a cache has of a node, under all its names.
// Exports read them while more is asked for.
func (c *cacheState) entries(node string) []gateway.CacheOptionsEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.found[node]
}

func (c *cacheState) has(node string) bool { return len(c.entries(node)) > 0 }

// gone says that the cache is not there, see [cacheState.down].
func (c *cacheState) gone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.down
}

// held are the nodes that a cache has something of: those with a record, and
// those below a check with one. The caller holds the lock of the cache.
func (r *run) held(c *cacheState) []string {
	var checks, names []string
	for _, check := range r.req.Checks {
		if len(c.found[check]) > 0 {
			checks = append(checks, check)
		}
	}
	below := r.graph.Closure(checks...)
	for _, n := range r.graph.Nodes {
		if r.records[n.Name] != "" && (len(c.found[n.Name]) > 0 || slices.Contains(below, n)) {
			names = append(names, n.Name)
		}
	}
	return names
}
