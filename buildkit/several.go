package buildkit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// RunOn is [Run] on one or more builders. What the checks stand on is made on
// one of them, the same in every run of a workspace while it is there. Checks
// go to others when their last durations say that this saves more time than
// the transfer takes; it goes through a cache that the request both exports to
// and imports from. The checks of a builder that goes away run again on the
// next. The error is that of [Run]; it wraps [ErrUnreachable] when no builder
// is left.
func RunOn(ctx context.Context, members []Member, req Request) (*Report, error) {
	if len(members) == 1 {
		return Run(ctx, members[0].Builder, req)
	}
	s := newSeveral(members, req)
	err := s.run(ctx)
	s.events.Wait()
	if req.Events != nil {
		close(req.Events)
	}
	return s.report(), err
}

// several is the state of a run on several builders.
type several struct {
	req Request
	// alive are the builders that are left, the one that leads first.
	alive    []Member
	notes    []string
	outcomes chan outcome
	halt     chan struct{}
	events   sync.WaitGroup
	reports  []*Report
	// order are the names of the nodes, in graph order.
	order []string

	mu sync.Mutex
	// final are the answers, one for each check; held are those of builders
	// that went away.
	final, held map[string]Result
	halted      bool
	red         bool
}

// outcome is the end of what one builder had to do.
type outcome struct {
	member Member
	checks []string
	run    *run
	err    error
}

func newSeveral(members []Member, req Request) *several {
	return &several{
		req: req, alive: ranked(members, req.Affinity), outcomes: make(chan outcome),
		halt: make(chan struct{}), final: map[string]Result{}, held: map[string]Result{},
	}
}

// run hands out the checks, and those of lost builders again.
func (s *several) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	running := s.begin(ctx)
	var failed error
	for running > 0 {
		o := <-s.outcomes
		running--
		s.reports = append(s.reports, o.run.report())
		again, err := s.rest(ctx, o)
		if err != nil && failed == nil {
			failed = err
			cancel(err)
		}
		if len(again) > 0 && failed == nil && ctx.Err() == nil {
			s.launch(ctx, s.alive[0], again, nil, nil)
			running++
		}
	}
	// What no builder is left for.
	for _, name := range s.req.Checks {
		if _, done := s.final[name]; !done && s.held[name].Name != "" {
			s.answer(s.held[name])
		}
	}
	if failed == nil {
		failed = s.afterwards(ctx)
	}
	return failed
}

// begin starts the builders that get checks, and returns how many.
func (s *several) begin(ctx context.Context) int {
	groups := s.assign()
	l := newLead(slices.Concat(groups[1:]...))
	if len(l.checks) == 0 {
		s.launch(ctx, s.alive[0], groups[0], nil, nil)
		return 1
	}
	s.launch(ctx, s.alive[0], groups[0], l, nil)
	running := 1
	for k, checks := range groups[1:] {
		if len(checks) > 0 {
			s.launch(ctx, s.alive[k+1], checks, nil, l)
			running++
		}
	}
	return running
}

// assign decides which checks each builder gets, and notes it.
func (s *several) assign() [][]string {
	groups := make([][]string, len(s.alive))
	alone := func(why string) [][]string {
		s.note("all checks on %s: %s", s.alive[0].Name(), why)
		groups[0] = s.req.Checks
		return groups
	}
	if !slices.ContainsFunc(s.req.Caches, func(c Cache) bool { return c.shared() }) {
		return alone("to use several builders at once, they need a cache that they all can write and read")
	}
	if len(s.req.Costs) == 0 {
		return alone("how long they take is not known yet")
	}
	weights := make([]float64, len(s.alive))
	for i, m := range s.alive {
		weights[i] = m.weight()
	}
	at, saved := spread(s.req.Checks, s.req.Costs, weights, s.req.Transfer)
	if saved == 0 {
		return alone("another builder would save no time")
	}
	for i, name := range s.req.Checks {
		groups[at[i]] = append(groups[at[i]], name)
	}
	var parts []string
	for k, checks := range groups {
		if len(checks) > 0 {
			parts = append(parts, strings.Join(checks, ", ")+" on "+s.alive[k].Name())
		}
	}
	s.note("%s: saves about %.0f s, by their last durations", strings.Join(parts, "; "), saved.Seconds())
	return groups
}

// launch starts checks on a builder.
func (s *several) launch(ctx context.Context, m Member, checks []string, leads, follows *lead) {
	req := s.req
	req.Checks, req.Afterwards = checks, nil
	req.Done = func(result Result) bool { return s.done(m, result) }
	if s.req.Events != nil {
		req.Events = s.forward(m)
	}
	r := newRun(req)
	r.lead, r.follow, r.halted = leads, follows, s.halt
	go func() {
		err := r.build(ctx, m.Builder)
		leads.open(errors.Join(err, fmt.Errorf("%s is done", m.Name())))
		s.outcomes <- outcome{m, checks, r, err}
	}()
}

// rest are the checks that a builder leaves for others, or the error that
// ends the run.
func (s *several) rest(ctx context.Context, o outcome) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) == 0 && o.run.graph != nil {
		for _, n := range o.run.graph.Nodes {
			s.order = append(s.order, n.Name)
		}
	}
	var again []string
	lost := errors.Is(o.err, ErrUnreachable)
	for _, name := range o.checks {
		if _, done := s.final[name]; !done {
			again = append(again, name)
			lost = lost || s.held[name].Name != ""
		}
	}
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(o.err, errUnled):
		return again, nil
	case !lost:
		return nil, o.err
	}
	s.alive = slices.DeleteFunc(s.alive, func(m Member) bool { return m.Name() == o.member.Name() })
	if len(s.alive) == 0 {
		return nil, o.err
	}
	if len(again) > 0 {
		s.note("%s is gone: %s on %s", o.member.Name(), strings.Join(again, ", "), s.alive[0].Name())
	}
	return again, nil
}

// done takes the answer of a builder. That of one that went away is none while
// another can give it.
func (s *several) done(m Member, result Result) (red bool) {
	result.Builder = m.Name()
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(result.Err, ErrUnreachable) {
		s.held[result.Name] = result
		return false
	}
	if result.Status == StatusCanceled {
		return false
	}
	return s.answer(result)
}

// answer passes an answer on; the caller holds the lock or is alone.
func (s *several) answer(result Result) (red bool) {
	s.final[result.Name] = result
	red = result.Status != StatusPassed
	if s.req.Done != nil {
		red = s.req.Done(result)
	}
	s.red = s.red || red
	if red && s.req.FailFast && !s.halted {
		s.halted = true
		close(s.halt)
	}
	return red
}
