// Package buildkit runs graphs on one builder or several: it opens them, pins
// toolchains there, and solves each check in a build of its own. It does not know
// what a check means.
package buildkit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/cache"
	"github.com/cranekit/cranekit/buildkit/stages"
	"github.com/cranekit/cranekit/llb"
)

// Run solves the checks of a graph on a builder: it opens the builder, pins the
// toolchains there, has the graph planned for them, and runs that. A red or
// broken check is a [Result]; the error is for a run that could not be done or
// was interrupted, and the report then holds what is known.
func Run(ctx context.Context, b builder.Builder, plan Plan, req Request) (*Report, error) {
	r := newRun(plan, req)
	err := r.build(ctx, b)
	return r.report(), err
}

func newRun(plan Plan, req Request) *run {
	return &run{
		req: req, plan: plan, results: map[string]Result{}, id: rand.Text(),
		digests: map[string]digest.Digest{}, defs: map[string]*pb.Definition{},
	}
}

// run is the state of one [Run].
type run struct {
	req  Request
	plan Plan
	id   string

	// What one step leaves for the next ones, in this order.
	*connection
	target  Target
	graph   *llb.Graph
	defs    map[string]*pb.Definition
	digests map[string]digest.Digest
	records map[string]string
	caches  *cache.Set
	// stages is what is remembered of the builder, nil for nothing.
	stages  *stages.Memory
	seeding seeding

	// exportTimeout is that of [cache.Run].
	exportTimeout time.Duration
	// red is set when Done called a check so.
	red atomic.Bool
	// lead is what the run does for those on other builders, follow what it
	// waits for; both are nil where there are none.
	lead, follow *lead
	// wanted is the platform that the checks are run for, "" for the builder's
	// own; settle, if it is there, is told which that is.
	wanted string
	settle func(ocispecs.Platform) error
	// halted is closed when the checks on all builders are to stop.
	halted <-chan struct{}

	mu      sync.Mutex
	results map[string]Result
	after   []Result
}

func (r *run) build(ctx context.Context, b builder.Builder) (err error) {
	if r.req.Events != nil {
		defer close(r.req.Events)
	}
	defer func() { err = r.req.Mask.Error(err) }()
	if r.connection, err = open(ctx, b, r.req.Inputs, r.req.Events); err != nil {
		return err
	}
	defer r.close()
	if err := r.entitled(ctx); err != nil {
		return err
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	r.entitle(true)
	r.useCaches(ctx)
	defer r.caches.Wait()
	if err := r.follow.wait(ctx); err != nil {
		return err
	}
	r.probe(ctx)
	r.seed(ctx)
	defer r.stopSeeding(ctx)
	r.work(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.remember()
	r.exportRest(ctx)
	return nil
}

// prepare makes the graph for the builder, and the definitions of its nodes.
func (r *run) prepare(ctx context.Context) error {
	platform, err := r.platform(ctx, r.wanted)
	if err != nil {
		return err
	}
	if r.settle != nil {
		if err := r.settle(platform); err != nil {
			return err
		}
	}
	if r.target, err = r.resolve(ctx, platform); err != nil {
		return err
	}
	r.target.Foreign = r.wanted != ""
	if r.graph, err = r.plan(r.target); err != nil {
		return err
	}
	return r.define(ctx)
}

// work runs the checks, what is wanted after them, and what other builders
// need. Exports have their limit from when nothing else is left to do.
func (r *run) work(ctx context.Context) {
	stages := r.leadOthers(ctx)
	r.checks(ctx)
	r.afterwards(ctx)
	stages.made.Wait()
	r.caches.Limit()
	stages.shared.Wait()
}

// define makes the definitions of the run's nodes, and names their records. The
// digests are how events and errors name the nodes.
func (r *run) define(ctx context.Context) error {
	caps, nodes := r.target.caps, r.needed()
	var group errgroup.Group
	group.Go(func() error {
		definitions := r.graph.Marshaler(r.id, &caps)
		for _, n := range nodes {
			def, err := definitions.Marshal(ctx, n)
			if err != nil {
				return err
			}
			if r.digests[n.Name], err = def.Head(); err != nil {
				return fmt.Errorf("reading the definition of %s: %w", n.Name, err)
			}
			r.defs[n.Name] = def.ToPB()
		}
		return nil
	})
	group.Go(func() (err error) {
		if len(r.req.Caches) > 0 {
			r.records, err = cache.Records(ctx, r.graph.Marshaler(r.id, nil), nodes)
		}
		return err
	})
	return group.Wait()
}

// needed are the nodes of the run, in graph order.
func (r *run) needed() []*llb.Node {
	names := slices.Concat(r.req.Checks, r.lead.stages(r.graph))
	for _, a := range r.req.Afterwards {
		names = append(names, a.Node)
	}
	return r.graph.Closure(names...)
}

// checks runs the checks side by side. A failed one stops no other.
func (r *run) checks(ctx context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-r.halted:
			cancel(errFailFast)
		case <-ctx.Done():
		}
	}()
	// Those that wait begin in the order of the request.
	var jobs errgroup.Group
	jobs.SetLimit(-1)
	if r.req.Jobs > 0 {
		jobs.SetLimit(r.req.Jobs)
	}
	for _, name := range r.req.Checks {
		jobs.Go(func() error {
			result := r.check(ctx, r.graph.Node(name))
			if r.done(result) && r.req.FailFast {
				cancel(errFailFast)
			}
			return nil
		})
	}
	_ = jobs.Wait() // a failed check is no error
	r.exportChecks()
}

var errFailFast = errors.New("another check failed")

func (r *run) done(result Result) (red bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results[result.Name] = result
	red = result.Status != StatusPassed
	if r.req.Done != nil {
		red = r.req.Done(result)
	}
	if red {
		r.red.Store(true)
	}
	return red
}
