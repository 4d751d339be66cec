package buildkit

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/cranekit/cranekit/llb"
)

// afterwards solves, one after another, the nodes that the request wants once
// all checks are green. The first that fails is the last.
func (r *run) afterwards(ctx context.Context) {
	if r.red.Load() {
		return
	}
	for _, a := range r.req.Afterwards {
		n := r.graph.Node(a.Node)
		result := r.check(ctx, n)
		if result.Status != StatusPassed {
			result.Log = r.collector.tail(r.digests[n.Name])
		}
		r.mu.Lock()
		r.after = append(r.after, result)
		r.mu.Unlock()
		if result.Status != StatusPassed {
			return
		}
	}
}

// outputDir is where the output of a node goes. Names of other nodes than checks
// have a space, which separates directories.
func (r *run) outputDir(n *llb.Node) string {
	return filepath.Join(append([]string{r.req.Output}, strings.Fields(n.Name)...)...)
}

// afterwards solves the nodes that the request wants then, each on the builder
// whose check it stands on. It is called when all builders are done.
func (s *several) afterwards(ctx context.Context) error {
	if s.red || len(s.final) < len(s.req.Checks) {
		return nil
	}
	for _, a := range s.req.Afterwards {
		m := s.alive[0]
		for _, other := range s.alive {
			if other.Name() == s.final[a.Check].Builder {
				m = other
			}
		}
		req := s.req
		req.Checks, req.Afterwards, req.Done = nil, []Afterwards{a}, nil
		if s.req.Events != nil {
			req.Events = s.forward(m)
		}
		report, err := Run(ctx, m.Builder, req)
		s.reports = append(s.reports, report)
		if err != nil {
			return err
		}
	}
	return nil
}
