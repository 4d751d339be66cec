package buildkit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	gatewaypb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/output"
	"github.com/cranekit/cranekit/llb"
)

// exitUnreachable is the exit code of the fetch script for a registry that
// could not be reached (EX_TEMPFAIL).
const exitUnreachable = 75

// check solves a check and copies out what it wrote, red or green. Layers come
// from a cache when an exec needs them, long after the builder has taken them
// for its own. Without the cache it executes what made them.
func (r *run) check(ctx context.Context, n *llb.Node) Result {
	r.sown(ctx, n)
	result, err := r.try(ctx, n)
	for tries := 0; halfDone(result.Err) && tries < cutOffTries; tries++ {
		result, err = r.try(ctx, n)
	}
	result.Err = withCure(result.Err)
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

// unsolved marks the error of a check that no command failed for.
type unsolved struct{ error }

func (e unsolved) Unwrap() error { return e.error }

// unusableLayer reports whether a layer from a cache can be what a check failed
// on. BuildKit's errors do not tell a corrupt layer from others.
func unusableLayer(err error) bool {
	return !halfDone(err) && errors.As(err, &unsolved{}) && !errors.Is(err, builder.ErrUnreachable)
}

// unsaved is the error of a result that was solved and could not be saved. Only
// where the builder could not read it can a layer be at fault: a full disk
// here, or too much output, is no reason to solve the check again.
func unsaved(err error) error {
	if errors.As(err, &output.UnreadError{}) {
		return unsolved{unreachable(err)}
	}
	return err
}

// unreachable marks the error of a call that lost its builder.
func unreachable(err error) error {
	if status.Code(err) == codes.Unavailable {
		return fmt.Errorf("%w: %w", builder.ErrUnreachable, err)
	}
	return err
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

// failure tells a red check from one that could not be run, and fetches the
// reports of a red one.
func (r *run) failure(ctx context.Context, gc gateway.Client, n *llb.Node, err error, result *Result) {
	result.Status, result.Err = StatusError, err
	if ctx.Err() != nil {
		return
	}
	var exit *gatewaypb.ExitError
	var at *errdefs.VertexError
	if !errors.As(err, &exit) || !errors.As(err, &at) {
		result.Err = unsolved{unreachable(err)}
		return
	}
	failed := r.node(at.Digest)
	switch {
	case failed == nil:
		return
	case failed.Name == n.Name:
		result.Status, result.Err, result.ExitCode = StatusFailed, nil, int(exit.ExitCode)
		to := r.place(n)
		err := saveFailed(ctx, gc, err, to)
		if result.Dir = to.CameOut(err); err != nil {
			result.Err = fmt.Errorf("fetching the reports of the failed check: %w", err)
		}
	default:
		result.Log = r.collector.Tail(r.digests[failed.Name])
		result.Err = fmt.Errorf("%s: exit code %d", failed.Name, exit.ExitCode)
		if failed.Network && exit.ExitCode == exitUnreachable {
			result.Err = fmt.Errorf("%w: %w", ErrRegistry, result.Err)
		}
	}
}

// node finds the node of a vertex.
func (r *run) node(dgst string) *llb.Node {
	for name, d := range r.digests {
		if d.String() == dgst {
			return r.graph.Node(name)
		}
	}
	return nil
}

// saveFailed reads /out as the failed process left it. No process is started:
// a container of the failed mounts is enough to read files.
func saveFailed(ctx context.Context, gc gateway.Client, err error, to output.Place) error {
	var solve *errdefs.SolveError
	if !errors.As(err, &solve) || solve.Solve.GetOp().GetExec() == nil {
		return errors.New("the builder does not say what the failed step left behind")
	}
	for i, mount := range solve.Solve.Op.GetExec().Mounts {
		if mount.Dest != llb.OutDir || i >= len(solve.MountIDs) {
			continue
		}
		container, err := gc.NewContainer(ctx, gateway.NewContainerRequest{
			Mounts: []gateway.Mount{{Dest: path.Clean("/"), Selector: mount.Selector, ResultID: solve.MountIDs[i], MountType: mount.MountType}},
		})
		if err != nil {
			return err
		}
		// When this fails, the build is over.
		defer func() { _ = container.Release(context.WithoutCancel(ctx)) }()
		return output.Save(ctx, output.FromMount(container, 0), to)
	}
	return errors.New("the failed step has no output directory")
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
