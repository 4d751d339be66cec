package buildkit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"

	"github.com/cranekit/cranekit/buildkit/output"
	"github.com/cranekit/cranekit/llb"
)

// check solves a check and copies out what it wrote, red or green. Layers come
// from a cache when an exec needs them, long after the builder has taken them
// for its own. Without the cache it executes what made them.
func (r *run) check(ctx context.Context, n *llb.Node) Result {
	r.sown(ctx, n)
	var result Result
	var err error
	result.Err = pastHalfDone(func() error {
		result, err = r.try(ctx, n)
		return result.Err
	})
	// Once more than should be needed: an export can still hold a stage.
	for tries := 0; tries < 2 && ctx.Err() == nil && r.caches.Useful() && unusableLayer(result.Err); tries++ {
		r.caches.Distrust(result.Err)
		result, err = r.try(ctx, n)
	}
	switch {
	case ctx.Err() != nil && result.Dir == "":
		return Result{Name: n.Name, Status: StatusCanceled}
	case err != nil && result.Dir == "" && result.Err == nil:
		result.Status, result.Err = StatusError, unreachable(err)
	}
	result.Err = r.req.Mask.Error(result.Err)
	ran, took := r.collector.Executed(r.digests[n.Name])
	result.Cached, result.Took = !ran && result.Status == StatusPassed, took
	return result
}

// try solves a check once.
func (r *run) try(ctx context.Context, n *llb.Node) (result Result, err error) {
	result = Result{Name: n.Name, Status: StatusPassed}
	if ctx.Err() == nil {
		imports, done := r.caches.Imports(n.Name)
		defer done()
		err = r.solve(ctx, imports, r.exportStages, func(ctx context.Context, gc gateway.Client) error {
			r.checkIn(ctx, gc, n, imports, &result)
			return nil
		})
	}
	return result, err
}

// checkIn is what a check does within its build.
func (r *run) checkIn(ctx context.Context, gc gateway.Client, n *llb.Node, imports []gateway.CacheOptionsEntry, result *Result) {
	to := r.place(n)
	res, err := gc.Solve(ctx, gateway.SolveRequest{Definition: r.definition(n), CacheImports: imports, Evaluate: true})
	var ref gateway.Reference
	if err == nil {
		ref, err = res.SingleRef()
	}
	if err != nil {
		r.failure(ctx, gc, n, err, result)
	} else {
		err := output.Save(ctx, output.FromRef(ref), to)
		if result.Dir = to.CameOut(err); err != nil {
			result.Status, result.Err = StatusError, unsaved(err)
		}
	}
	if err := r.explain(ctx, gc, n, result.Dir); err != nil && result.Err == nil {
		result.Err = fmt.Errorf("asking why dependencies were compiled: %w", err)
	}
}

// definition is that of a check. For one to execute in any case, the builder is
// told not to look for a result; the key stays the same, so that what comes out
// takes the place of the old result. Others that solve the node, to export it,
// find it cached.
func (r *run) definition(n *llb.Node) *pb.Definition {
	def := r.defs[n.Name]
	head := r.digests[n.Name].String()
	if !slices.Contains(r.req.Rerun, n.Name) || def.GetMetadata()[head] == nil {
		return def
	}
	again := def.CloneVT()
	again.Metadata[head].IgnoreCache = true
	return again
}

// explain runs the vertex that says why a check compiled dependencies, where
// the check left a file that says it did.
func (r *run) explain(ctx context.Context, gc gateway.Client, n *llb.Node, dir string) error {
	if dir == "" || n.Explain == nil {
		return nil
	}
	file := filepath.Join(dir, llb.RebuiltFile)
	if _, err := os.Stat(file); err != nil {
		return nil
	}
	caps := gc.BuildOpts().LLBCaps
	def, err := r.graph.Marshal(ctx, n.Explain, r.id, &caps)
	if err != nil {
		return err
	}
	res, err := gc.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), Evaluate: true})
	if err != nil {
		return err
	}
	ref, err := res.SingleRef()
	if err != nil {
		return err
	}
	reasons, err := ref.ReadFile(ctx, gateway.ReadRequest{Filename: llb.RebuiltFile})
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(r.req.Mask.String(string(reasons))), 0o644)
}

// place is where the output of a node goes. Names of other nodes than checks
// have a space, which separates directories.
func (r *run) place(n *llb.Node) output.Place {
	limits, ok := r.req.Limits[n.Name]
	if !ok {
		limits = output.DefaultLimits()
	}
	name := filepath.Join(strings.Fields(n.Name)...)
	return output.Place{Output: r.req.Output, Name: name, Previous: r.req.Previous, Limits: limits, Mask: r.req.Mask}
}
