package buildkit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/buildkit/builder"
)

// RunOn is [Run] on one or more builders. What the checks stand on is made on
// one of them, the same in every run of a workspace while it is there. Checks
// go to others when their last durations say that this saves more time than
// the transfer takes; it goes through a cache that the request both exports to
// and imports from. The checks of a builder that goes away run again on the
// next. The error is that of [Run]; it wraps [ErrUnreachable] when no builder
// is left.
func RunOn(ctx context.Context, members []Member, plan Plan, req Request) (*Report, error) {
	if len(members) == 1 {
		report, err := Run(ctx, members[0].Builder, plan, req)
		members[0].rate(report.Costs)
		return report, err
	}
	s := newSeveral(members, plan, req)
	err := s.run(ctx)
	s.events.Wait()
	if req.Events != nil {
		close(req.Events)
	}
	return s.report(), err
}

// several is the state of a run on several builders.
type several struct {
	req  Request
	plan Plan
	// alive are the builders that are left, the one that leads first; natives
	// are those for other platforms.
	alive, natives []Member
	// first is the name of the one that led first.
	first    string
	notes    []string
	outcomes chan outcome
	halt     chan struct{}
	events   sync.WaitGroup
	reports  []*Report
	// order are the names of the nodes, in graph order.
	order []string

	mu sync.Mutex
	// home is the platform of the builders in alive, "" until one of them
	// has said it; homeOf is that one.
	home, homeOf string
	// final are the answers, one for each check; held are those of builders
	// that went away.
	final, held map[string]Result
	halted      bool
	red         bool
}

// outcome is the end of what one builder had to do.
type outcome struct {
	group
	run *run
	err error
}

func newSeveral(members []Member, plan Plan, req Request) *several {
	alive, natives := divide(members)
	alive, natives = ranked(alive, req.Affinity), ranked(natives, req.Affinity)
	return &several{
		req: req, plan: plan, alive: alive, natives: natives, first: alive[0].Name(), outcomes: make(chan outcome),
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
		report := o.run.report()
		o.member.rate(report.Costs)
		s.reports = append(s.reports, report)
		again, err := s.rest(ctx, o)
		if err != nil && failed == nil {
			failed = err
			cancel(err)
		}
		for _, g := range again {
			if failed == nil && ctx.Err() == nil {
				s.launch(ctx, g, nil, nil)
				running++
			}
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
	natives, rest := s.native(s.req.Checks)
	groups := s.assign(rest)
	var others []string
	for _, g := range groups[1:] {
		others = append(others, g.checks...)
	}
	var leads *lead
	if len(others) > 0 {
		leads = newLead(others)
	}
	running := 0
	for i, g := range slices.Concat(groups, natives) {
		switch {
		case i == 0 && len(rest) > 0:
			s.launch(ctx, g, leads, nil)
		case len(g.checks) == 0:
			continue
		case i < len(groups):
			s.launch(ctx, g, nil, leads)
		default:
			s.launch(ctx, g, nil, nil)
		}
		running++
	}
	return running
}

// launch starts the checks of a builder.
func (s *several) launch(ctx context.Context, g group, leads, follows *lead) {
	req := s.req
	req.Checks, req.Afterwards = g.checks, nil
	req.Done = func(result Result) bool { return s.done(g.member, result) }
	if s.req.Events != nil {
		req.Events = s.forward(g.member)
	}
	r := newRun(s.plan, req)
	r.lead, r.follow, r.halted, r.wanted = leads, follows, s.halt, g.platform
	r.settle = func(platform ocispecs.Platform) error { return s.settle(g, platform) }
	go func() {
		err := r.build(ctx, g.member.Builder)
		leads.open(errors.Join(err, fmt.Errorf("%s is done", g.member.Name())))
		s.outcomes <- outcome{g, r, err}
	}()
}

// done takes the answer of a builder. That of one that went away is none while
// another can give it.
func (s *several) done(m Member, result Result) (red bool) {
	result.Builder = m.Name()
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(result.Err, builder.ErrUnreachable) {
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
