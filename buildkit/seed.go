package buildkit

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver/pb"

	"github.com/cranekit/cranekit/buildkit/cache"
	"github.com/cranekit/cranekit/buildkit/events"
	"github.com/cranekit/cranekit/buildkit/stages"
	"github.com/cranekit/cranekit/llb"
)

// errEarlierGone says that a builder does not have what an earlier stage left.
var errEarlierGone = errors.New("the builder has no result of the earlier stage any more")

// clearTimeout is how long clearing away may take.
const clearTimeout = 10 * time.Second

// seeding lays out what stages start from that no run has made yet.
type seeding struct {
	// gates are closed when a stage may run, by its name.
	gates map[string]chan struct{}
	// sowers are those that lay out, cancel ends them.
	sowers sync.WaitGroup
	cancel context.CancelFunc

	mu sync.Mutex
	// laid are the stages that something was laid out for.
	laid []*llb.Node
}

// seed begins to lay out what the stages of the run start from. The others wait
// for nothing.
func (r *run) seed(ctx context.Context) {
	if r.req.Stages == nil || r.worker == "" {
		return
	}
	r.seeding.gates = map[string]chan struct{}{}
	r.stages = r.req.Stages.On(r.worker)
	var nodes []*llb.Node
	for _, n := range r.needed() {
		if n.Family != "" {
			nodes = append(nodes, n)
			r.seeding.gates[n.Name] = make(chan struct{})
		}
	}
	ctx, r.seeding.cancel = context.WithCancel(ctx)
	for i, n := range nodes {
		r.seeding.sowers.Go(func() {
			defer close(r.seeding.gates[n.Name])
			r.sow(ctx, n, nodes[:i])
		})
	}
}

// stopSeeding returns when nothing is laid out any more, and what was is cleared
// away. Where that fails, it stays until the builder needs the place.
func (r *run) stopSeeding(ctx context.Context) {
	if r.seeding.cancel == nil {
		return
	}
	r.seeding.cancel()
	r.seeding.sowers.Wait()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clearTimeout)
	defer cancel()
	var wg sync.WaitGroup
	for _, n := range r.seeding.laid {
		wg.Go(func() { _ = r.layOut(ctx, n, nil) })
	}
	wg.Wait()
}

// sown returns when what a node needs may be made.
func (r *run) sown(ctx context.Context, n *llb.Node) {
	for _, below := range r.graph.Closure(n.Name) {
		gate, waits := r.seeding.gates[below.Name]
		if !waits {
			continue
		}
		select {
		case <-gate:
		case <-ctx.Done():
			return
		}
	}
}

// sow lays out what a stage starts from, unless it is there or a cache has it.
// before are the stages that the run makes first: one that differs in its
// features or packages starts from what the one before it left.
func (r *run) sow(ctx context.Context, n *llb.Node, before []*llb.Node) {
	if r.stages.Known(r.digests[n.Name].String()) || r.caches.Has(n.Name) {
		return
	}
	var earlier []llb.Snapshot
	if p := relative(n, before); p != nil {
		r.sown(ctx, p)
		if r.makeStage(ctx, p) == nil {
			earlier = append(earlier, r.snapshot(p))
		}
	}
	if s, ok := r.stages.Latest(n.Family, n.Name); ok {
		if snapshot, err := snapshotOf(s); err == nil {
			earlier = append(earlier, snapshot)
		}
	}
	// Without all of them it may do with one.
	for len(earlier) > 0 && ctx.Err() == nil {
		if r.layOut(ctx, n, earlier) == nil {
			r.seeding.mu.Lock()
			r.seeding.laid = append(r.seeding.laid, n)
			r.seeding.mu.Unlock()
			return
		}
		earlier = earlier[:len(earlier)-1]
	}
}

// relative is the last of the stages before that a stage can start from and is
// not on top of.
func relative(n *llb.Node, before []*llb.Node) *llb.Node {
	var under []*llb.Node
	for b := n.Below(); b != nil; b = b.Below() {
		under = append(under, b)
	}
	for _, p := range slices.Backward(before) {
		if p.Family == n.Family && !slices.Contains(under, p) {
			return p
		}
	}
	return nil
}

func (r *run) snapshot(n *llb.Node) llb.Snapshot {
	s := llb.Snapshot{Stage: r.defs[n.Name]}
	if n.Below() != nil {
		s.Below = r.defs[n.Below().Name]
	}
	return s
}

func snapshotOf(s stages.Stage) (snapshot llb.Snapshot, err error) {
	snapshot.Stage = &pb.Definition{}
	if err := snapshot.Stage.UnmarshalVT(s.Definition); err != nil {
		return snapshot, err
	}
	if len(s.Below) > 0 {
		snapshot.Below = &pb.Definition{}
		err = snapshot.Below.UnmarshalVT(s.Below)
	}
	return snapshot, err
}

// layOut runs the seed of a stage, and stops before the builder executes
// anything of an earlier one.
func (r *run) layOut(ctx context.Context, n *llb.Node, earlier []llb.Snapshot) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	seed, err := r.graph.Seed(n, earlier, rand.Text())
	if err != nil {
		return err
	}
	steps := r.commandsOf(earlier)
	opt := cache.SolveOpt(r.options, nil)
	opt.LocalMounts, opt.Session = nil, []session.Attachable{r.req.registries()}
	run := func(ctx context.Context, gc gateway.Client) (*gateway.Result, error) {
		def, err := r.graph.Marshal(ctx, seed, r.id, &r.target.caps)
		if err != nil {
			return nil, err
		}
		return gc.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), Evaluate: true})
	}
	_, err = events.Build(ctx, r.client, opt, run, func(status *client.SolveStatus, _ <-chan *client.SolveStatus) {
		for _, v := range status.Vertexes {
			if v.Started != nil && !v.Cached && steps[v.Digest.String()] {
				cancel(errEarlierGone)
			}
		}
	})
	return err
}

// commandsOf are the digests of the steps of earlier stages that run something
// and are none of this run: what that executes, the builder tells every build.
func (r *run) commandsOf(earlier []llb.Snapshot) map[string]bool {
	steps := map[string]bool{}
	for _, snapshot := range earlier {
		maps.Copy(steps, llb.Commands(snapshot.Stage))
	}
	for _, def := range r.defs {
		for digest := range llb.Commands(def) {
			delete(steps, digest)
		}
	}
	return steps
}
