// Package buildkit runs graphs on BuildKit: builders, sessions, one build per
// run, and what comes out of it. It does not know what a check means.
package buildkit

import (
	"time"

	"github.com/cranekit/cranekit/buildkit/cache"

	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/events"
	"github.com/cranekit/cranekit/llb"
)

// Run solves the checks of a graph on a builder. A red or broken check is a
// [Result]; the error is for a run that could not be done or was interrupted,
// and the report then holds what is known.
func Run(ctx context.Context, b builder.Builder, req Request) (*Report, error) {
	r := newRun(req)
	err := r.build(ctx, b)
	return r.report(), err
}

func newRun(req Request) *run {
	r := &run{req: req, collector: events.NewCollector(), results: map[string]Result{}, id: rand.Text()}
	r.digests, r.defs = map[string]digest.Digest{}, map[string]*pb.Definition{}
	r.images = map[string]string{}
	return r
}

// run is the state of one [Run].
type run struct {
	req       Request
	client    *client.Client
	options   *client.SolveOpt
	collector *events.Collector
	id        string
	layouts   map[string]llb.Base

	graph   *llb.Graph
	defs    map[string]*pb.Definition
	digests map[string]digest.Digest
	image   string
	images  map[string]string

	records map[string]string
	// caches is nil until the graph is there and changes no more.
	caches *cache.Set
	// exportTimeout is that of [cache.Run].
	exportTimeout time.Duration

	// red is set when Done called a check so.
	red atomic.Bool
	// lead is what the run does for those on other builders, follow what it
	// waits for; both are nil where there are none.
	lead, follow *lead
	// platform is what the checks are run for, "" for the builder's own.
	platform string
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
	// What is wrong with the files is said before a builder is started.
	if r.options, err = r.session(); err != nil {
		return err
	}
	if r.client, err = b.Client(ctx); err != nil {
		return err
	}
	defer r.client.Close()
	var failed error
	prepare := func(ctx context.Context, gc gateway.Client) error {
		failed = r.prepare(ctx, gc)
		return failed
	}
	if err = r.solve(ctx, nil, prepare); cutOff(failed) {
		err = r.solve(ctx, nil, prepare)
		failed = withCure(failed)
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case failed != nil:
		return failed
	case err != nil:
		return lost(b, err)
	}
	r.useCaches(ctx)
	defer r.caches.Wait()
	if err := r.follow.wait(ctx); err != nil {
		return err
	}
	r.probe(ctx)
	r.work(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.exportRest(ctx)
	return nil
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

// solve is one build on the builder. Every check has one of its own: a
// gateway that sees two processes fail on a common input answers the second
// with "releasing already released reference" (BuildKit 0.34). Vertices that
// builds have in common run once all the same.
func (r *run) solve(ctx context.Context, imports []gateway.CacheOptionsEntry, f func(context.Context, gateway.Client) error) error {
	opt := cache.SolveOpt(r.options, imports)
	events, forwarded := make(chan *client.SolveStatus), make(chan struct{})
	go func() {
		defer close(forwarded)
		for status := range events {
			// Whoever receives it may take their time: not under a lock.
			if fresh := r.collector.Add(status, events); r.req.Events != nil {
				r.req.Events <- fresh
			}
			r.exportStages(status)
		}
	}()
	_, err := r.client.Build(ctx, opt, "cranekit", func(ctx context.Context, gc gateway.Client) (*gateway.Result, error) {
		return gateway.NewResult(), f(ctx, gc)
	}, events)
	<-forwarded
	return err
}

// prepare makes the graph and its definitions. The digests are how events and
// errors name the nodes.
func (r *run) prepare(ctx context.Context, gc gateway.Client) error {
	var offered []ocispecs.Platform
	if workers := gc.BuildOpts().Workers; len(workers) > 0 {
		offered = workers[0].Platforms
	}
	platform, err := choosePlatform(offered, r.platform)
	if err != nil {
		return err
	}
	if r.req.Home != nil {
		if err := r.req.Home(platform); err != nil {
			return err
		}
	}
	bases := map[string]llb.Base{}
	for _, id := range slices.Sorted(maps.Keys(r.req.Toolchains)) {
		base, err := r.req.Toolchains[id].resolve(ctx, gc, r.layouts[id], platform)
		if err != nil {
			return err
		}
		bases[id], r.images[id] = base, base.Ref
		if r.image == "" {
			r.image = base.Ref
		}
	}
	graph, err := r.req.Plan(bases, platform, builder.Merges(gc.BuildOpts()))
	if err != nil {
		return err
	}
	r.graph = graph
	return r.define(ctx, gc)
}

// define makes the definitions of the run's nodes, and names their records.
func (r *run) define(ctx context.Context, gc gateway.Client) error {
	caps, nodes := gc.BuildOpts().LLBCaps, r.needed()
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
