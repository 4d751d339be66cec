package buildkit

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/buildkit/builder"
)

// rest are the checks that a builder leaves for others, or the error that
// ends the run.
func (s *several) rest(ctx context.Context, o outcome) ([]group, error) {
	again, lost, err := s.left(ctx, o)
	if lost {
		for _, g := range again {
			s.note("%s is gone: %s on %s", o.member.Name(), strings.Join(g.checks, ", "), g.member.Name())
		}
	}
	return again, err
}

// left is [several.rest] without the words, and reports whether the builder is
// lost.
func (s *several) left(ctx context.Context, o outcome) (again []group, lost bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) == 0 && o.run.graph != nil {
		for _, n := range o.run.graph.Nodes {
			s.order = append(s.order, n.Name)
		}
	}
	var left []string
	// One that was not led is there: the leader's error is about another.
	unled := errors.Is(o.err, errUnled)
	lost = errors.Is(o.err, builder.ErrUnreachable) && !unled
	for _, name := range o.checks {
		if _, done := s.final[name]; !done {
			left = append(left, name)
			lost = lost || s.held[name].Name != ""
		}
	}
	switch {
	case ctx.Err() != nil:
		return nil, lost, context.Cause(ctx)
	case !lost && !unled:
		return nil, lost, o.err
	case lost:
		gone := func(m Member) bool { return m.Name() == o.member.Name() }
		s.alive, s.natives = slices.DeleteFunc(s.alive, gone), slices.DeleteFunc(s.natives, gone)
	}
	if len(left) == 0 {
		return nil, lost, nil
	}
	again, left = s.native(left)
	if len(left) > 0 {
		if len(s.alive) == 0 {
			return nil, lost, o.err
		}
		again = append(again, group{member: s.alive[0], checks: left})
	}
	return again, lost, nil
}
