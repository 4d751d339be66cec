package cache

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/pb"

	"github.com/cranekit/cranekit/llb"
)

// Run is what a [Set] has to know of the run that it is for.
type Run struct {
	Client *client.Client
	// Options are those of every build, see [SolveOpt].
	Options *client.SolveOpt
	Graph   *llb.Graph
	// Checks are the names of those that run.
	Checks []string
	// Definitions and Records are those of nodes, by their names; see [Records].
	Definitions map[string]*pb.Definition
	Records     map[string]string
	// Events gets what exports say of themselves; it may be nil.
	Events chan<- *client.SolveStatus
	// ExportTimeout is how long exports may go on when all else is done, 0 for a
	// few minutes.
	ExportTimeout time.Duration
}

// Set is the caches of one run. Its methods can be called side by side.
type Set struct {
	run     Run
	states  []*state
	exports *exports

	// distrusted is set when a layer of a cache could not be used.
	distrusted atomic.Bool
	// importers are the solves that import from caches. Exports, which may hang
	// as long as their cache does, are not waited for.
	importers sync.RWMutex
}

// New makes the set of caches of a run, which may be none. When the context
// ends, exports that began have a few seconds more. [Set.Wait] has to be called
// at the end.
func New(ctx context.Context, caches []Cache, run Run) *Set {
	s := &Set{run: run, exports: newExports(ctx, cmp.Or(run.ExportTimeout, exportTimeout))}
	for _, c := range caches {
		s.states = append(s.states, newState(c))
	}
	return s
}

// Useful reports whether a cache has anything for the run.
func (s *Set) Useful() bool { return slices.ContainsFunc(s.states, (*state).useful) }

// Has reports whether a cache has what a node left: its record, or that of a check
// that stands on it.
func (s *Set) Has(node string) bool {
	return slices.ContainsFunc(s.states, func(c *state) bool { return slices.Contains(s.held(c), node) })
}

// known reports whether every cache that is exported to has a record of a node.
func (s *Set) known(node string) bool {
	return !slices.ContainsFunc(s.states, func(c *state) bool {
		return c.Export != "" && len(c.Import) > 0 && !c.has(node)
	})
}
