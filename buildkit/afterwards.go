package buildkit

import (
	"context"
	"fmt"
	"slices"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/buildkit/builder"
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
		// That of a step below it is there already.
		if result.Status != StatusPassed && len(result.Log) == 0 {
			result.Log = r.collector.Tail(r.digests[n.Name])
		}
		r.mu.Lock()
		r.after = append(r.after, result)
		r.mu.Unlock()
		if result.Status != StatusPassed {
			return
		}
	}
}

// afterwards solves the nodes that the request wants then, each on the builder
// whose check it stands on. It is called when all builders are done.
func (s *several) afterwards(ctx context.Context) error {
	if s.red || len(s.final) < len(s.req.Checks) {
		return nil
	}
	left := slices.Concat(s.alive, s.natives)
	for _, a := range s.req.Afterwards {
		if len(left) == 0 {
			return fmt.Errorf("%s: no builder is left: %w", a.Node, builder.ErrUnreachable)
		}
		has := slices.IndexFunc(left, func(m Member) bool { return m.Name() == s.final[a.Check].Builder })
		g := group{member: left[max(has, 0)]}
		if slices.ContainsFunc(s.natives, func(m Member) bool { return m.Name() == g.member.Name() }) {
			g.platform = s.req.Platforms[a.Check]
		}
		req := s.req
		req.Checks, req.Afterwards, req.Done = nil, []Afterwards{a}, nil
		if s.req.Events != nil {
			req.Events = s.forward(g.member)
		}
		r := newRun(s.plan, req)
		r.wanted = g.platform
		r.settle = func(platform ocispecs.Platform) error { return s.settle(g, platform) }
		err := r.build(ctx, g.member.Builder)
		s.reports = append(s.reports, r.report())
		if err != nil {
			return err
		}
	}
	return nil
}
