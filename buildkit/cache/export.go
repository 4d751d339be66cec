package cache

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/cranekit/cranekit/buildkit/events"
)

// Export exports a node to all caches beside what else goes on, once in a run.
func (s *Set) Export(node string) { s.export(node) }

// Share exports a node, and returns when a cache has it that others read.
func (s *Set) Share(ctx context.Context, node string) error {
	if slices.ContainsFunc(s.states, func(c *state) bool { return c.Shared() && c.has(node) }) {
		return nil
	}
	e := s.export(node)
	select {
	case <-e.done:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if !e.shared.Load() {
		return fmt.Errorf("no cache has taken %s", node)
	}
	return nil
}

// Rest exports those of the nodes that the builder had which no cache knows, as
// after an export that was cut off. A run that executed nothing exports nothing,
// unless a cache wants it: one that lacks a check that is green.
func (s *Set) Rest(ctx context.Context, green, had []string) {
	if !s.exports.any() && !slices.ContainsFunc(s.states, func(c *state) bool { return c.wants(green) }) {
		return
	}
	had = slices.DeleteFunc(slices.Clone(had), func(node string) bool { return s.run.Records[node] == "" })
	// Of what is below a check with a record nobody has asked yet.
	s.ask(ctx, had)
	for _, node := range had {
		if !s.known(node) {
			s.Export(node)
		}
	}
}

// Limit starts the time that exports have: when nothing else is left to do.
func (s *Set) Limit() { s.exports.limit() }

// Wait returns when all exports are done, or have had their time.
func (s *Set) Wait() { s.exports.wait() }

func (s *Set) export(node string) *export {
	e, fresh := s.exports.begin(node)
	if !fresh {
		return e
	}
	var caches sync.WaitGroup
	for _, c := range s.states {
		if c.Export == "" {
			continue
		}
		caches.Add(1)
		s.exports.wg.Go(func() {
			defer caches.Done()
			select {
			case s.exports.slots <- struct{}{}:
				defer func() { <-s.exports.slots }()
			case <-s.exports.ctx.Done():
				return
			}
			if s.exportTo(c, node) && c.Shared() {
				e.shared.Store(true)
			}
		})
	}
	go func() {
		caches.Wait()
		close(e.done)
	}()
	return e
}

// exportTo exports a node to one cache and reports whether it is there now.
func (s *Set) exportTo(c *state, node string) bool {
	if c.gone() {
		return false
	}
	ctx, record, began := s.exports.ctx, s.run.Records[node], time.Now()
	entry, err := c.entry(c.Export, record)
	var sizes map[string]int64
	if err == nil {
		err = again(func() error {
			sizes, err = s.exportAlone(ctx, c, node, entry)
			return err
		})
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		c.problem(record, fmt.Errorf("export: %w", err))
	}
	c.exported(node, began, sizes, err)
	return err == nil
}

// exportEntry solves a node again, which is cached by now, in a build that
// exports it. It returns the sizes of the layers.
func (s *Set) exportEntry(ctx context.Context, c *state, node string, entry gateway.CacheOptionsEntry) (map[string]int64, error) {
	imports := s.imports(node)
	opt := SolveOpt(s.run.Options, imports)
	opt.CacheExports = []client.CacheOptionsEntry{{Type: entry.Type, Attrs: exportAttrs(entry)}}
	title, exporting := fmt.Sprintf("[cache] export %s to %s", node, c.Name()), map[digest.Digest]bool{}
	run := func(ctx context.Context, gc gateway.Client) (*gateway.Result, error) {
		return gc.Solve(ctx, gateway.SolveRequest{Definition: s.run.Definitions[node], CacheImports: imports, Evaluate: true})
	}
	response, err := events.Build(ctx, s.run.Client, opt, run, func(status *client.SolveStatus, _ <-chan *client.SolveStatus) {
		s.forwardExport(status, title, exporting)
	})
	if err != nil {
		return nil, err
	}
	return layerSizes(ctx, entry, response.ExporterResponse), nil
}

func exportAttrs(entry gateway.CacheOptionsEntry) map[string]string {
	attrs := map[string]string{"mode": "max", "compression": "zstd", "oci-mediatypes": "true"}
	maps.Copy(attrs, entry.Attrs)
	return attrs
}

// forwardExport passes on what an export says of itself. That the node was
// cached for it is no news.
func (s *Set) forwardExport(status *client.SolveStatus, title string, exporting map[digest.Digest]bool) {
	if s.run.Events == nil {
		return
	}
	fresh := &client.SolveStatus{}
	for _, v := range status.Vertexes {
		if strings.HasPrefix(v.Name, "exporting ") {
			renamed := *v
			renamed.Name = title
			fresh.Vertexes = append(fresh.Vertexes, &renamed)
			exporting[v.Digest] = true
		}
	}
	for _, v := range status.Statuses {
		if exporting[v.Vertex] {
			fresh.Statuses = append(fresh.Statuses, v)
		}
	}
	if len(fresh.Vertexes) > 0 || len(fresh.Statuses) > 0 {
		s.run.Events <- fresh
	}
}
