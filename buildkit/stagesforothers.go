package buildkit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	gateway "github.com/moby/buildkit/frontend/gateway/client"

	"github.com/cranekit/cranekit/llb"
)

// lead is what one builder of several, the leader, does for the others: it
// makes what their checks stand on and exports that to a cache. Nothing is
// compiled twice then, however many builders there are.
type lead struct {
	// checks are those of the others.
	checks []string

	once  sync.Once
	ready chan struct{}
	err   error // read when ready is closed
}

// errUnled is for a builder that did not get what it waited for. Its checks have
// to run elsewhere, or there without help.
var errUnled = errors.New("the builder that compiles the dependencies had none to give")

func newLead(checks []string) *lead { return &lead{checks: checks, ready: make(chan struct{})} }

// stages are the nodes that the checks of the others mount.
func (l *lead) stages(g *llb.Graph) []string {
	if l == nil {
		return nil
	}
	var names []string
	for _, check := range l.checks {
		for _, need := range g.Node(check).Needs {
			if !slices.Contains(names, need) && !g.Node(need).IsImage() {
				names = append(names, need)
			}
		}
	}
	return names
}

// open lets the others begin, or says why they cannot. Only the first call
// counts.
func (l *lead) open(err error) {
	if l != nil {
		l.once.Do(func() {
			l.err = err
			close(l.ready)
		})
	}
}

// wait returns when the leader has exported what is needed.
func (l *lead) wait(ctx context.Context) error {
	if l == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-l.ready:
	}
	if l.err != nil {
		return fmt.Errorf("%w: %w", errUnled, l.err)
	}
	return nil
}

// leading is the progress of [run.leadOthers].
type leading struct {
	// made are the stages that are still being made, shared those that no cache
	// has yet.
	made, shared sync.WaitGroup
}

// leadOthers makes what the others need, beside the checks.
func (r *run) leadOthers(ctx context.Context) *leading {
	l := &leading{}
	names := r.lead.stages(r.graph)
	errs := make([]error, len(names))
	var stages sync.WaitGroup
	l.made.Add(len(names))
	for i, name := range names {
		n := r.graph.Node(name)
		stages.Go(func() {
			errs[i] = r.makeStage(ctx, n)
			l.made.Done()
			if errs[i] == nil {
				errs[i] = r.caches.Share(ctx, name)
			}
		})
	}
	l.shared.Go(func() {
		stages.Wait()
		r.lead.open(errors.Join(errs...))
	})
	return l
}

func (r *run) makeStage(ctx context.Context, n *llb.Node) error {
	r.sown(ctx, n)
	imports, done := r.caches.Imports(n.Name)
	err := r.solve(ctx, imports, r.exportStages, func(ctx context.Context, gc gateway.Client) error {
		_, err := gc.Solve(ctx, gateway.SolveRequest{Definition: r.defs[n.Name], CacheImports: imports, Evaluate: true})
		return err
	})
	done()
	if err != nil {
		return fmt.Errorf("making %s: %w", n.Name, err)
	}
	return nil
}
